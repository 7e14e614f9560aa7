"""Each table with its schema, in statements that name it without one, as frozen revisions do.

They would be found by a search path, which finds a stranger's operators and functions, too: `=(varchar, varchar)` in
the store's schema comes before PostgreSQL's own, which takes text.
"""

from __future__ import annotations

import re

from zprof.postgresql.check import TABLES, VERSION_TABLE, VIEWS

RELATIONS = "|".join((*TABLES, VERSION_TABLE, *VIEWS))
NAMED = re.compile(
    r"\b((?:CREATE|ALTER|DROP) (?:TABLE|VIEW)(?: IF (?:NOT )?EXISTS)?|CREATE OR REPLACE VIEW"
    rf'|REFERENCES|INSERT INTO|UPDATE|FROM|JOIN|ON|USING) ("?(?:{RELATIONS})"?)(?![\w."])'
)
"""A table or a view of ours after a word that says that it is one."""
INDEX = re.compile(r'\b((?:ALTER|DROP) INDEX(?: IF EXISTS)?) ("?\w+"?)(?![\w."])')


def qualified(statement: str, schema: str) -> str:
    """A statement whose tables, views and indexes are named with their schema.

    Args:
        schema: as it stands in a statement.
    """
    return INDEX.sub(rf"\1 {schema}.\2", NAMED.sub(rf"\1 {schema}.\2", statement))
