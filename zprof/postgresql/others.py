"""What else is in a store's schema: of no use to zprof, and of no harm, since no statement of ours can find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zprof.postgresql.check import TABLES, VERSION_TABLE, VIEWS, listed

if TYPE_CHECKING:
    from zprof.postgresql.transaction import Transaction

INDEXES = (
    "ix_change_entity_kind",
    "ix_change_new_name",
    "ix_change_operation",
    "ix_stack_component_component_id",
)
"""Those that belong to no constraint."""

OTHERS = """
    WITH place AS (
        SELECT oid FROM pg_namespace WHERE nspname = '{schema}'
    ), ours AS (
        SELECT pg_class.oid FROM pg_class JOIN place ON relnamespace = place.oid WHERE relname IN ({ours})
    )
    SELECT CASE relkind
        WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table'
    END, relname
    FROM pg_class JOIN place ON relnamespace = place.oid
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND relname NOT IN ({ours}) AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
        AND refobjid IN (SELECT oid FROM ours) AND deptype IN ('a', 'i') AND relkind = 'S'
    )
    UNION ALL
    SELECT 'index', relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid IN (SELECT oid FROM ours) AND relname NOT IN ({indexes})
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = indrelid AND conindid = indexrelid)
    UNION ALL
    SELECT 'function', proname FROM pg_proc JOIN place ON pronamespace = place.oid
    UNION ALL
    SELECT 'operator', oprname FROM pg_operator JOIN place ON oprnamespace = place.oid
    UNION ALL
    SELECT 'type', typname FROM pg_type JOIN place ON typnamespace = place.oid
    WHERE typtype <> 'm' AND typcategory <> 'A'
    AND NOT EXISTS (SELECT FROM pg_class WHERE pg_class.oid = typrelid AND relkind <> 'c')
    UNION ALL
    SELECT 'statistics', stxname FROM pg_statistic_ext JOIN place ON stxnamespace = place.oid
    ORDER BY 1, 2
"""


def others(transaction: Transaction, schema: str) -> list[tuple[str, str]]:
    """What is in a schema and not of zprof's making, each by its kind and its name.

    Args:
        transaction: one that has begun.
    """
    query = OTHERS.format(schema=schema, ours=listed(*TABLES, VERSION_TABLE, *VIEWS), indexes=listed(*INDEXES))
    return [(kind, name) for kind, name in transaction.catalog(query)]
