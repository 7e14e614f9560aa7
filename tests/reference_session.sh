#!/bin/sh
# The reference session of ZenML's profiles page, from first run to two profiles with their stacks.
# Run by `make run`, and against the installed wheel by `.ci/run`; needs `zprof` on the PATH.
set -eu

ZPROF_CONFIG_PATH=$(mktemp -d)/zprof
export ZPROF_CONFIG_PATH
unset ZPROF_ACTIVATED_PROFILE ZPROF_ACTIVATED_STACK
trap 'rm -rf "$(dirname "$ZPROF_CONFIG_PATH")"' EXIT

while read -r command; do
    printf '\n$ %s\n' "$command"
    $command 2>&1
done <<END
zprof profile list
zprof profile create zenml
zprof profile list
zprof profile set zenml
zprof profile list
zprof stack register custom -m default -a default -o default
zprof stack set custom
zprof stack list
zprof profile list
zprof profile set default
zprof stack list
END
