"""What must hold of a store's schema before anything of it is used.

Whoever owns a schema may put code of their own into it: a trigger, a view in a table's place, a type or an operator of
their own. It would run with the rights of whoever uses the store. So the first round trip locks the tables and checks
them, and the check fails on the server: the driver sends what follows before it sees an answer.
"""

from __future__ import annotations

TABLES = ("change", "component", "flavor", "format", "operation", "stack", "stack_component", "store_association")
YOUNGEST_TABLE = "operation"
"""The one that a store of an older format does not have."""
VERSION_TABLE = "alembic_version"
"""Alembic's own, which an upgrade reads and writes."""
VIEWS = ("component_overview", "stack_overview")
"""For people: no command reads them."""

ODDITIES = """
    WITH ours AS (
        SELECT relation.* FROM pg_class AS relation JOIN pg_namespace ON pg_namespace.oid = relation.relnamespace
        WHERE nspname = '{schema}' AND relname IN ({tables})
    ), expression AS (
        SELECT relname, adbin::text AS tree FROM ours JOIN pg_attrdef ON adrelid = ours.oid
        WHERE pg_get_expr(adbin, adrelid) !~ '^"?nextval"?[(]''"?{schema}"?[.]"?[a-z0-9_]+"?''::"?regclass"?[)]$'
        UNION ALL SELECT relname, conbin::text FROM ours JOIN pg_constraint ON conrelid = ours.oid
        UNION ALL SELECT relname, indexprs::text FROM ours JOIN pg_index ON indrelid = ours.oid
        UNION ALL SELECT relname, indpred::text FROM ours JOIN pg_index ON indrelid = ours.oid
    )
    SELECT relname || ' is not a plain table' AS oddity FROM ours
    WHERE relkind <> 'r' OR relpersistence <> 'p' OR relhasrules OR relrowsecurity OR relispartition
        OR EXISTS (SELECT FROM pg_inherits WHERE ours.oid IN (inhrelid, inhparent))
    UNION ALL
    SELECT relname || ' has the trigger ' || tgname FROM ours JOIN pg_trigger ON tgrelid = ours.oid
    WHERE NOT tgisinternal
    UNION ALL
    SELECT relname || ' is tied to ' || tgconstrrelid::regclass::text || ' by a foreign key'
    FROM ours JOIN pg_trigger ON tgrelid = ours.oid
    WHERE tgconstrrelid <> 0 AND tgconstrrelid NOT IN (SELECT oid FROM ours)
    UNION ALL
    SELECT relname || '.' || attname || ' has the type ' || typname FROM ours JOIN pg_attribute ON attrelid = ours.oid
    JOIN pg_type ON pg_type.oid = atttypid
    WHERE attnum > 0 AND NOT attisdropped AND (
        typnamespace <> 'pg_catalog'::regnamespace
        OR relname = 'format' AND attname = 'kind' AND typname <> 'text'
        OR relname = 'format' AND attname IN ('version', 'min_reader', 'min_writer') AND typname <> 'int4'
    )
    UNION ALL
    SELECT relname || '.' || attname || ' may be NULL' FROM ours JOIN pg_attribute ON attrelid = ours.oid
    WHERE relname = 'format' AND attname IN ('kind', 'version', 'min_reader', 'min_writer') AND NOT attnotnull
    UNION ALL
    SELECT relname || ' calls the function ' || proname FROM expression
    CROSS JOIN regexp_matches(tree, ':(?:op)?funcid ([0-9]+)', 'g') AS called JOIN pg_proc ON oid = called[1]::oid
    WHERE pronamespace <> 'pg_catalog'::regnamespace OR provolatile <> 'i'
    UNION ALL
    SELECT relname || ' uses a function, an operator or a type of its own' FROM ours JOIN (
        SELECT adrelid AS relation, 'pg_attrdef'::regclass AS classid, oid AS objid FROM pg_attrdef
        UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid FROM pg_constraint
        UNION ALL SELECT indrelid, 'pg_class'::regclass, indexrelid FROM pg_index
    ) AS part ON part.relation = ours.oid
    JOIN pg_depend ON pg_depend.classid = part.classid AND pg_depend.objid = part.objid
    WHERE refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_type'::regclass)
    UNION ALL
    SELECT ours.relname || ' takes numbers from ' || refobjid::regclass::text FROM ours
    JOIN pg_attrdef ON adrelid = ours.oid
    JOIN pg_depend ON classid = 'pg_attrdef'::regclass AND objid = pg_attrdef.oid
    JOIN pg_class AS used ON refclassid = 'pg_class'::regclass AND refobjid = used.oid
    WHERE used.oid <> ours.oid AND (used.relkind <> 'S' OR used.relnamespace <> ours.relnamespace)
    UNION ALL
    SELECT relname || ' has the statistics ' || stxname || ' on an expression'
    FROM ours JOIN pg_statistic_ext ON stxrelid = ours.oid
    WHERE 'e' = ANY (stxkind)
"""
"""A sentence for each thing that our tables never have.

What is PostgreSQL's own is in no row of pg_depend, and is no less able to do harm: a default that calls query_to_xml
runs any query. So all functions that an expression calls must be immutable, but for the one that numbers rows. The
planner calls those in indexes and statistics, also for a read.
"""


def oddities(schema: str) -> str:
    """The query for what is odd about a store's tables."""
    return ODDITIES.format(schema=schema, tables=listed(*TABLES, VERSION_TABLE))


def check(schema: str) -> str:
    """A query that fails with a division by zero where something is odd."""
    return f"SELECT 1 / CASE WHEN EXISTS ({oddities(schema)}) THEN 0 ELSE 1 END"


def listed(*names: str) -> str:
    """Names of our own, as a list of SQL."""
    return ", ".join(f"'{name}'" for name in names)
