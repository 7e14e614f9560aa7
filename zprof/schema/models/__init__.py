"""The tables of both schemas, as declarations only: what the migrations make is compared with them in a test.

Columns that statements read hold only what SQLite and Python's driver agree on without a conversion: integers and text.
The modules do without `from __future__ import annotations`: SQLAlchemy would evaluate each one from its text, 15 ms.
"""
