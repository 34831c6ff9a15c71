#!/usr/bin/env bash
# Prints the Python that the virtual environment is made with: $PYTHON if it is set, else the first one that is new
# enough.
set -eu

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if new_enough "$candidate"; then
        command -v "$candidate"
        exit
    fi
done
found=$("${PYTHON:-python3}" --version 2>/dev/null) || found=none
echo "rongtong needs Python 3.11 or newer; found: $found — install python3.11, or name one: make PYTHON=/path/to/python3.11" >&2
exit 1
