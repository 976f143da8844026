"""`python -m gateway` is `gigway`."""

import sys

from gateway.cli import main

sys.exit(main())
