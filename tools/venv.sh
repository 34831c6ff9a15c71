#!/usr/bin/env bash
# Makes the virtual environment, or brings it up to date, with what a lock file pins and this source tree itself.
#
#   usage: tools/venv.sh base|dev|pcsc
set -eu
cd "$(dirname "$0")/.."

pip() {
    .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    tools/system.sh python3-venv
    python=$(tools/python.sh)
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "installing requirements/$1.lock"
if [ "$1" = pcsc ]; then
    # Compiled here, with the build tools of the same lock (swig is found through PATH).
    pip install --require-hashes --no-deps --only-binary :all: -r <(sed '/^pyscard==/,/# via/d' requirements/pcsc.lock)
    PATH="$PWD/.venv/bin:$PATH" pip install --require-hashes --no-deps --no-build-isolation -r requirements/pcsc.lock
else
    pip install --require-hashes --only-binary :all: -r "requirements/$1.lock"
    pip install --no-deps --no-build-isolation --editable .
fi
touch ".venv/.$1"
