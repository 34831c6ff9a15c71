#!/usr/bin/env bash
# Makes the virtual environment, or brings it up to date, with what a lock file pins and this source tree itself.
#
#   usage: tools/venv.sh base|dev|pcsc
set -eu
cd "$(dirname "$0")/.."

# No wheels exist for these; they are built here, by the tools of the same lock.
from_source="pydes pyscard"

pip() {
    PATH="$PWD/.venv/bin:$PATH" python -m pip --disable-pip-version-check --quiet "$@"
}

wheels_of() {
    local skip=()
    for name in $from_source; do
        skip+=(-e "/^$name==/,/^    # via/d")
    done
    sed "${skip[@]}" "$1"
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(tools/python.sh)
    tools/system.sh python3-venv
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "installing requirements/$1.lock"
pip install --require-hashes --no-deps --only-binary :all: -r <(wheels_of "requirements/$1.lock")
pip install --require-hashes --no-deps --no-build-isolation --use-pep517 -r "requirements/$1.lock"
if [ "$1" != pcsc ]; then
    pip install --no-deps --no-build-isolation --editable .
fi
touch ".venv/.$1"
