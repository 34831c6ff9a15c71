#!/usr/bin/env bash
# Writes requirements/*.lock anew: every version pinned, every file of a release by its hash (so that one lock serves
# x86-64 and aarch64, Python 3.11 and later), no address of any index. Needs pip-tools.
#
#   usage: tools/lock.sh            keeps what is pinned where it can
#          tools/lock.sh --upgrade  takes the newest of everything
set -eu
cd "$(dirname "$0")/.."

compile() {
    pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options "$@"
}

compile "$@" --output-file requirements/base.lock pyproject.toml requirements/build.in
compile "$@" --constraint requirements/base.lock --extra dev \
    --output-file requirements/dev.lock pyproject.toml requirements/build.in
compile "$@" --constraint requirements/base.lock --output-file requirements/pcsc.lock requirements/pcsc.in

# pip-compile drops the condition that pyproject.toml names for these.
sed -i -E "s/^(rpi-lgpio|lgpio)==[^ ]+/& ; python_version < '3.13'/" requirements/dev.lock
