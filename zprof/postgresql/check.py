"""What must hold of a store's schema before anything of it is used.

Whoever owns a schema may put code of their own into it: a trigger, a view in a table's place, a type or an operator of
their own. It would run with the rights of whoever uses the store. So the first round trip checks, and the check fails
on the server: the driver sends what follows before it sees an answer.
"""

from __future__ import annotations

TABLES = ("change", "component", "flavor", "format", "stack", "stack_component", "store_association")

ODDITIES = """
    WITH ours AS (
        SELECT relation.* FROM pg_class AS relation JOIN pg_namespace ON pg_namespace.oid = relation.relnamespace
        WHERE nspname = '{schema}' AND relname IN ({tables})
    )
    SELECT relname || ' is not a plain table' AS oddity FROM ours
    WHERE relkind <> 'r' OR relhasrules OR relrowsecurity OR relispartition
        OR EXISTS (SELECT FROM pg_inherits WHERE ours.oid IN (inhrelid, inhparent))
    UNION ALL
    SELECT relname || ' has the trigger ' || tgname FROM ours JOIN pg_trigger ON tgrelid = ours.oid
    WHERE NOT tgisinternal
    UNION ALL
    SELECT relname || '.' || attname || ' is of the type ' || typname FROM ours JOIN pg_attribute ON attrelid = ours.oid
    JOIN pg_type ON pg_type.oid = atttypid
    WHERE attnum > 0 AND NOT attisdropped AND typnamespace <> 'pg_catalog'::regnamespace
    UNION ALL
    SELECT relname || ' uses a function, an operator or a type of its own' FROM ours JOIN (
        SELECT adrelid AS relation, 'pg_attrdef'::regclass AS classid, oid AS objid FROM pg_attrdef
        UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid FROM pg_constraint
        UNION ALL SELECT indrelid, 'pg_class'::regclass, indexrelid FROM pg_index
    ) AS part ON part.relation = ours.oid
    JOIN pg_depend ON pg_depend.classid = part.classid AND pg_depend.objid = part.objid
    WHERE refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_type'::regclass)
"""
"""A sentence for each thing that our tables never have. What is PostgreSQL's own is in no row of pg_depend."""


def oddities(schema: str) -> str:
    """The query for what is odd about a store's tables."""
    return ODDITIES.format(schema=schema, tables=", ".join(f"'{table}'" for table in TABLES))


def check(schema: str) -> str:
    """A query that fails with a division by zero where something is odd."""
    return f"SELECT 1 / CASE WHEN EXISTS ({oddities(schema)}) THEN 0 ELSE 1 END"
