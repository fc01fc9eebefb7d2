#!/bin/sh
# Finds a Chromium or Chrome for the browser tests, or gets one from the system's package manager.
# Without one the tests say that they skip the browser; where CI is set this fails instead.
set -u
cd "$(dirname "$0")/.."

find_chromium() {
    .venv/bin/python -c 'from tests.support.chromium import find; print(find() or "")'
}

starts() {
    [ -n "$1" ] && "$1" --version >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

get_chromium() {
    if command -v apt-get >/dev/null 2>&1; then
        # The fonts: a fresh server has none, and a page without letters proves little.
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 install \
                --no-install-recommends chromium fonts-liberation fonts-dejavu-core fonts-noto-color-emoji
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf -q -y install chromium
    elif command -v pacman >/dev/null 2>&1; then
        as_root pacman -Sy --noconfirm --needed chromium
    elif command -v apk >/dev/null 2>&1; then
        as_root apk add -q chromium font-liberation
    elif command -v brew >/dev/null 2>&1; then
        brew install --quiet --cask google-chrome
    else
        echo "No package manager that is known here." >&2
        return 1
    fi
}

if starts "$(find_chromium)"; then
    exit 0
fi
echo "Getting a Chromium for the browser tests"
mkdir -p test-results
get_chromium </dev/null >test-results/get_chromium.log 2>&1
if starts "$(find_chromium)"; then
    exit 0
fi
tail -n 5 test-results/get_chromium.log >&2
cat >&2 <<'WORDS'
No Chromium or Chrome that starts was found or could be installed. Install one, name one with
CHROMIUM=/path/to/chromium, or let Playwright fetch its own: .venv/bin/python -m playwright install chromium
WORDS
[ -z "${CI:-}" ]
