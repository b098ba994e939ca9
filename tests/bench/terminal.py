"""Run a terminal program in a pty, type into it, and see what a person at the far end would see.

While the program runs this only reads, answers its queries and stores; screens are emulated afterwards from the
recording, so that measuring does not disturb what is measured. Linux only: it reads /proc.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyte

_QUERY = re.compile(rb"\x1b\[\?(\d+)\$p|\x1b\[(?:0)?c|\x1b\[6n")
_NOT_FOR_PYTE = re.compile(
    r"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b\[\?[0-9;]*u|\x1b[P\]^_].*?(?:\x1b\\|\x07)", re.S
)
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def for_pyte(text: str) -> str:
    """Terminal output without the sequences that pyte would print as text."""
    return _NOT_FOR_PYTE.sub("", text)


@dataclass
class Recording:
    """What came out of a program. Times are seconds since it was started.

    reads: (when, bytes); keys: when each key was typed; cpu, rss: samples (when, seconds), (when, MiB).
    """

    columns: int
    lines: int
    reads: list[tuple[float, bytes]] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    cpu: list[tuple[float, float]] = field(default_factory=list)
    rss: list[tuple[float, float]] = field(default_factory=list)
    status: int | None = None

    def bytes_between(self, start: float, end: float) -> int:
        return sum(len(data) for at, data in self.reads if start <= at < end)

    def cpu_between(self, start: float, end: float) -> float:
        """Share of one core used, 0..1."""
        inside = [sample for sample in self.cpu if start <= sample[0] <= end]
        (t0, c0), (t1, c1) = inside[0], inside[-1]
        return (c1 - c0) / (t1 - t0)

    def screens(self) -> Iterator[tuple[float, pyte.Screen]]:
        """The screen after every read; the same object each time."""
        screen = pyte.Screen(self.columns, self.lines)
        stream = pyte.Stream(screen)
        pending = b""
        for at, data in self.reads:
            pending += data
            text = pending.decode("utf-8", "ignore")
            pending = pending[len(text.encode()) :] if not pending.endswith(b"\x1b") else pending
            cut = text.rfind("\x1b")
            # A sequence cut in two by a read waits for its other half.
            if cut >= 0 and not re.search(r"[a-zA-Z~\\\x07]", text[cut + 2 :]):
                pending = text[cut:].encode() + pending
                text = text[:cut]
            stream.feed(for_pyte(text))
            yield at, screen

    def first_paint(self, cells: int = 40) -> float:
        """When at least `cells` cells were first not blank."""
        for at, screen in self.screens():
            if sum(1 for line in screen.display for ch in line if ch != " ") >= cells:
                return at
        return float("nan")

    def text(self) -> str:
        last = None
        for _, screen in self.screens():
            last = screen
        return "\n".join(last.display) if last else ""

    def key_latencies(self, probe: Callable[[pyte.Screen], object]) -> list[float]:
        """Seconds from each key to the read after which what `probe` sees differs from before the key."""
        seen: list[tuple[float, object]] = [(at, probe(screen)) for at, screen in self.screens()]
        result = []
        for index, typed in enumerate(self.keys):
            until = self.keys[index + 1] if index + 1 < len(self.keys) else float("inf")
            before = next((value for at, value in reversed(seen) if at <= typed), None)
            found = next((at for at, value in seen if typed < at < until and value != before), None)
            if found is not None:
                result.append(found - typed)
        return result


def _sample(pid: int) -> tuple[float, float]:
    """CPU seconds and resident MiB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(
    argv: Sequence[str],
    *,
    size: tuple[int, int] = (120, 40),
    seconds: float = 3.0,
    keys: Sequence[tuple[float, bytes]] = (),
    env: Mapping[str, str] | None = None,
    stop: Callable[[bytes], bool] | None = None,
    sample: float = 0.25,
    end: bytes = b"",
    grace: float = 3.0,
) -> Recording:
    """Run `argv` for `seconds` (or until `stop` says so of what was read last), typing each key at its time.

    Then `end` is typed, and after `grace` seconds the program is killed.
    """
    columns, lines = size
    record = Recording(columns, lines)
    start = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        os.execvpe(
            argv[0], list(argv), {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        )
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    waiting = sorted(keys)
    next_sample = 0.0
    deadline = seconds
    ended = False
    try:
        while (now := time.monotonic() - start) < deadline:
            if now >= next_sample and not ended:
                try:
                    cpu, rss = _sample(pid)
                except (OSError, IndexError):
                    break
                record.cpu.append((now, cpu))
                record.rss.append((now, rss))
                next_sample = now + sample
            while waiting and waiting[0][0] <= now:
                os.write(fd, waiting.pop(0)[1])
                record.keys.append(time.monotonic() - start)
            due = min([deadline, next_sample, *(at for at, _ in waiting[:1])])
            ready, _, _ = select.select([fd], [], [], max(0.0, due - now))
            if ready:
                try:
                    data = os.read(fd, 1 << 16)
                except OSError as error:
                    if error.errno == errno.EIO:
                        break
                    raise
                if not data:
                    break
                record.reads.append((time.monotonic() - start, data))
                _answer(fd, data)
                if stop is not None and not ended and stop(data):
                    deadline = 0.0
            if not ended and end and time.monotonic() - start >= deadline:
                ended, deadline = True, time.monotonic() - start + grace
                os.write(fd, end)
    finally:
        record.status = _reap(pid)
        os.close(fd)
    return record


def _answer(fd: int, data: bytes) -> None:
    """Reply as a modern terminal does: synchronized output is there; where the cursor is; what we are."""
    for query in _QUERY.finditer(data):
        if query[1] is not None:
            os.write(fd, b"\x1b[?%s;2$y" % query[1])
        elif query[0].endswith(b"c"):
            os.write(fd, b"\x1b[?62;22c")
        else:
            os.write(fd, b"\x1b[1;1R")


def _reap(pid: int) -> int | None:
    for number in (0, signal.SIGTERM, signal.SIGKILL):
        if number:
            os.kill(pid, number)
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
    return None
