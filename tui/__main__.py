"""`python -m tui` is `podtop`."""

import sys

from tui.cli import main

sys.exit(main())
