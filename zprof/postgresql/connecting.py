"""Connections to a PostgreSQL server, made as a store's address says."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, NullPool, create_engine

from zprof.postgresql.errors import missing_driver
from zprof.postgresql.url import Address
from zprof.records import json_object
from zprof.schema.session import as_json

DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "zprof",
    "keepalives_idle": "30",  # a network that is gone says nothing by itself
}
"""libpq's parameters, unless the URL says otherwise; times in seconds."""


def engine_to(address: Address, password: str | None) -> Engine:
    """An engine that makes a connection for each transaction.

    Raises:
        ZprofError: the driver is not installed.
    """
    arguments: dict[str, Any] = {
        **DEFAULTS,
        **{key: value for key, value in address.parameters.items() if key != "schema"},
        "host": address.host,
        "port": address.port,
        "dbname": address.database,
        "prepare_threshold": None,  # no connection lives long enough to gain by it
    }
    if address.user:
        arguments["user"] = address.user
    if password is not None:
        arguments["password"] = password
    try:
        return create_engine(
            "postgresql+psycopg://",
            connect_args=arguments,
            poolclass=NullPool,
            hide_parameters=True,
            use_native_hstore=False,
            json_serializer=as_json,
            json_deserializer=json_object,
        )
    except ImportError:
        raise missing_driver() from None
