"""What podtop keeps on the disk: its directory, recordings, the action log. Nothing is created or changed."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from tui.commands.doctor.finding import Finding, error, ok, warning
from tui.commands.doctor.subject import Subject
from tui.files import file_lock, presence, reading
from tui.storage.audit_log import AuditLogError

NONE = 64 * 2**10
"""Free bytes below which not even an action can be logged."""

LITTLE = 100 * 2**20
"""Free bytes below which room runs short: a recording's own log may take a third of that."""

_ELSEWHERE = "Set XDG_STATE_HOME to a directory that can be written."


def size(count: int) -> str:
    """12 KB, 3.4 MB, 120 GB."""
    value, units = float(count), ["B", "KB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.1f} {units[0]}" if 0 < value < 9.95 and units[0] != "B" else f"{value:.0f} {units[0]}"


def state(subject: Subject) -> Finding:
    """The state directory: whether it can be used, who can read it, and how much room is left."""
    path = subject.state_dir
    there = path
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if not presence.is_folder(there):
        return error(f"{there} is not a directory", f"Move it away. {_ELSEWHERE}")
    if not os.access(there, os.W_OK | os.X_OK):
        return error(f"{path} cannot be written: no history, no actions", _ELSEWHERE)
    free = shutil.disk_usage(there).free
    room = f"{size(free)} free"
    status = there.stat()
    is_new = there != path
    text = f"{path}: {'created when needed' if is_new else f'mode {stat.S_IMODE(status.st_mode):o}'}, {room}"
    if free < NONE:
        return error(f"{text}: no history, no actions", f"Make room. Or: {_ELSEWHERE}")
    if free < LITTLE:
        return warning(text, f"Make room: a full disk stops recording and actions. Or: {_ELSEWHERE}")
    if not is_new and not reading.is_private(status.st_mode):
        return warning(f"{text}; others can access it", f"chmod 700 {path}")
    return ok(text)


def recording(subject: Subject) -> Finding:
    """The recordings: their size, and whether a podtop is writing one."""
    folder = subject.state_dir / "archive"
    off = "" if subject.config.record else "off (record = false); "
    try:
        files = [path for path in folder.iterdir() if presence.is_file(path)]
    except FileNotFoundError:
        return ok(off.removesuffix("; ") or "on; no recording yet")
    count = sum(path.suffix == ".sqlite" for path in files)
    total = sum(path.stat().st_size for path in files)
    writers = sum(_is_held(path) for path in files if path.suffix == ".lock")
    text = f"{off or 'on; '}{count} recording{'' if count == 1 else 's'}, {size(total)}; "
    return ok(text + (f"{writers} being written by another podtop" if writers else "none being written"))


def owners(subject: Subject) -> Finding:
    """Which podtops are running, and what each does for its account."""
    from tui.services.owner import by_owner, listed

    texts = [
        f"{owner.name} {listed(duties)}"
        for file in subject.state.all_owners()
        for owner, duties in by_owner(file.owners()).items()
    ]
    return ok("; ".join(texts) or "no podtop is running")


def _is_held(path: Path) -> bool:
    with suppress(OSError):
        return file_lock.is_held(path)
    return False


def action_log(subject: Subject) -> Finding:
    """The action log: whether actions can be logged, without which none is sent, and whether any is unfinished."""
    ledger = subject.state.ledger()
    path = ledger.path
    if os.path.lexists(path) and not (presence.is_file(path) and os.access(path, os.R_OK | os.W_OK)):
        return error(f"{path} cannot be written: podtop sends no action", f"Correct its owner or mode. {_ELSEWHERE}")
    try:
        unknown = len(ledger.unfinished())
    except AuditLogError as fault:
        return error(str(fault), _ELSEWHERE)
    if unknown:
        return warning(f"{path}: {unknown} without a known outcome", "podtop log shows them; check those pods.")
    return ok(f"{path}" if presence.is_there(path) else f"{path}: no actions yet")
