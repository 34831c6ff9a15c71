"""`python -m provisioning` is `rongtong-provision`."""

import sys

from provisioning.cli import main

if __name__ == "__main__":
    sys.exit(main())
