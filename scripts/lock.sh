#!/bin/sh
# Pins what the dashboard and its tests need: every version, with the hashes of its files for every system.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v .venv/bin/uv || command -v uv) || {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    uv=.venv/bin/uv
}
for name in requirements requirements-dev; do
    "$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-find-links \
        "$name.in" -o "$name.txt" "$@"
done
