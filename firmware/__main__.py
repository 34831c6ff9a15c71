"""`python -m firmware` is `rongtong`: how a terminal starts its own reporter, wherever it is installed."""

import sys

from firmware.cli import main

if __name__ == "__main__":
    sys.exit(main())
