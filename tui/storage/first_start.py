"""Whether podtop was ever started on this machine, for its tour."""

from __future__ import annotations

import os

from tui.files import paths


def is_first_start() -> bool:
    """Whether podtop never started here before; called once, as the result is recorded. A demo counts too.

    It stays recorded after a demo. If it cannot be recorded it is not the first start: no tour at each start.
    """
    if os.environ.get("PODTOP_TOUR", "").strip().lower() in ("0", "false", "no", "off"):
        return False
    from tui.files import private

    directory = paths.state_dir()
    try:
        private.folder(directory)
        os.close(private.open_file(directory / "tour", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        return False
    return True
