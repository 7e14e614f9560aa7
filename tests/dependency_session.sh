#!/bin/sh
# What the reference session needs no dependency for: a store of the first format is upgraded (Alembic, SQLAlchemy), a
# config is checked against its schema, YAML is written and read, and a store in PostgreSQL at $POSTGRESQL_URL is used.
# Run against the installed wheel by `.ci/run`; needs `zprof` and its `python` on the PATH.
set -eu

dump=$(cd "$(dirname "$0")" && pwd)/released/store-1.sql
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export ZPROF_CONFIG_PATH="$directory/zprof"
unset ZPROF_ACTIVATED_PROFILE ZPROF_ACTIVATED_STACK

python -c 'import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
store.executescript(sys.stdin.read())
store.close()' "$directory/old.db" < "$dump"
zprof -q profile create old --url "$directory/old.db"
zprof -q profile create server --url "${POSTGRESQL_URL}_$$"
for profile in old server; do
    zprof -q -p "$profile" orchestrator register new --flavor local_docker --docker_parent_image=python
    zprof -q -p "$profile" stack register new -o new -a default -m default
    zprof -q -p "$profile" stack export new "$directory/new.yaml" --yes
    zprof -q -p "$profile" stack import "$directory/new.yaml" --name again
    zprof -q -p "$profile" stack list > "$directory/table"
    grep --quiet ' again ' "$directory/table"
done
