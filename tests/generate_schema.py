"""The JSON schema that comes with podtop, made from the declarations of settings and bindings.

`python -m tests.generate_schema > tui/config/config.schema.json` makes it anew; a test tells when that is due.
"""

from __future__ import annotations

import sys

from tui.config import writer


def made() -> str:
    """The schema as the settings and the bindings are now."""
    from tui.app import PodtopApp
    from tui.ui.keymap_check import declared

    return writer.schema({b.id: b.help for b in declared(PodtopApp).values() if not b.fixed})


if __name__ == "__main__":
    sys.stdout.write(made())
