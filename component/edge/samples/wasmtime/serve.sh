#!/bin/sh
# Serves the composed component on 127.0.0.1:8080. Needs wasmtime 48 or later; other arguments go on to it.
set -eu
component=$1
shift
export AIRLOCK_HOSTS="${AIRLOCK_HOSTS:-127.0.0.1:8080,localhost:8080}"
export AIRLOCK_KEYS="${AIRLOCK_KEYS:-$(cat keys.toml)}"
set -- --addr 127.0.0.1:8080 -S cli "$@"
for name in $(env | sed -n 's/^\(AIRLOCK_[A-Z0-9_]*\)=.*/\1/p'); do
    set -- --env "$name" "$@"
done
exec wasmtime serve "$@" "$component"
