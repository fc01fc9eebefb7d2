#!/bin/sh
# Makes .venv with the first Python that is new enough: $PYTHON if given, python3, or a python3.x on the path.
# A .venv that works is kept; half a one, left by an interrupted start, is made again.
set -eu
cd "$(dirname "$0")/.."

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi
for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if new_enough "$python"; then
        if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            echo "$python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)." >&2
            exit 1
        fi
        echo "Making .venv with $("$python" --version)"
        exec "$python" -m venv --clear .venv
    fi
done
echo "Payerdesk needs Python 3.11 or newer, and none was found; PYTHON=/path/to/python3 make run names one." >&2
exit 1
