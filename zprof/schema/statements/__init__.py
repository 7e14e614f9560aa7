"""Every read and every change as a named statement, each once, by its subject.

`make sql` compiles them into `zprof/generated/statements.py`: for SQLite and, but for those of the registry, for
PostgreSQL. A change that names another row does so by name, through a subquery: one that leads nowhere is NULL, which
the database refuses, where INSERT … SELECT would insert nothing without a word.
"""
