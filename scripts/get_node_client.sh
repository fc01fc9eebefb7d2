#!/bin/sh
# Installs Stripe's official client for Node into tests/node/node_modules, exactly as locked and without running
# anything of it. Without Node 20 and npm those tests say that they are skipped; where CI is set this fails instead.
set -u
cd "$(dirname "$0")/../tests/node"

done_with=node_modules/.installed
if cmp -s package-lock.json "$done_with"; then
    exit 0
fi
new_enough() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' >/dev/null 2>&1
}
if new_enough && command -v npm >/dev/null 2>&1; then
    echo "Getting Stripe's client for Node, to hold the sandbox against a second official client"
    if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        cp package-lock.json "$done_with"
        exit 0
    fi
    echo "npm could not install tests/node/package-lock.json." >&2
else
    echo "The tests with Stripe's client for Node need Node 20 or newer and npm." >&2
fi
[ -z "${CI:-}" ]
