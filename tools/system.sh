#!/usr/bin/env bash
# Debian packages beside Python: root gets what is missing installed, everybody else is told its exact names.
#
#   usage: tools/system.sh [--try] PACKAGE…
#
# With --try, what cannot be had is said in one line and is no failure.
set -eu

here=$(dirname "$0")
PATH="$PATH:/usr/sbin:/sbin"

# Probed by what they bring, so that a hand-built one counts too.
present() {
    case $1 in
        libc6-dev) test -e /usr/include/stdio.h ;;
        libpcsclite-dev) test -e /usr/include/PCSC/winscard.h ;;
        python3-dev) python_has '(pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists()' ;;
        python3-venv) python_has 'importlib.util.find_spec("ensurepip")' ;;
        vsmartcard-vpcd) test -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

python_has() {
    "$("$here/python.sh")" -c "import importlib.util, pathlib, sys, sysconfig; sys.exit(not ($1))"
}

install() {
    echo "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

optional=false
if [ "${1:-}" = --try ]; then
    optional=true
    shift
fi

missing=()
for package; do
    present "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && install "${missing[@]}"; then
    exit
fi
if $optional; then
    echo "goes on without ${missing[*]} (to have it: sudo apt-get install --no-install-recommends ${missing[*]})"
    exit
fi
echo "missing: ${missing[*]} — run: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
exit 1
