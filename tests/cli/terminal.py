"""podtop in a real pseudo-terminal: start it, wait for words, type, signal, resize, and see how it ended."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

from tests.bench.terminal import for_pyte
from tests.cli import quick

PATIENCE = 60.0


class Terminal:
    """A terminal with a program in it.

    argv:  the program, or with `quickly` what podtop is given: it is forked then from a process that has it imported.
    """

    def __init__(
        self,
        argv: Sequence[str],
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        quickly: bool = False,
    ) -> None:
        self.output = b""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self._lines: dict[int, str] = {}
        # A read may end within a character.
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        # Test runners export the size of their own terminal, and programs believe it.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        environ = {**inherited, "TERM": "xterm-256color", **(env or {})}
        self._started: quick.Started | None = None
        if quickly:
            self.fd, inner = os.openpty()
            self.resize(*size)
            self._started = quick.Started(argv, environ, cwd, [inner, inner, inner])
            self.pid = self._started.pid
            os.close(inner)
            return
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(argv[0], list(argv), environ)
        self.resize(*size)

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def poll(self) -> int | None:
        """The exit code, -n after signal n that killed it; None while it runs. Not asked for again once it is told."""
        if self._started is not None:
            return self._started.poll()
        done, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if done else None

    def wait(self) -> int:
        """The exit code, once it has ended by itself; nothing of what it sends is taken in."""
        until = time.monotonic() + PATIENCE
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                self.signal(signal.SIGKILL)
                raise AssertionError(f"it did not end; the screen:\n{self.text}")
            time.sleep(0.01)
        return code

    def halt(self) -> None:
        """Stop it as ctrl+z would, and see that it stands still."""
        self.signal(signal.SIGSTOP)
        until = time.monotonic() + PATIENCE
        while (state := Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]) != "T":
            assert time.monotonic() < until, f"it does not stand still, and is {state}"
            time.sleep(0.001)

    def _read(self, seconds: float) -> bool:
        """Take in what there is; False when the program's side is closed."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.output += data
        self._stream.feed(for_pyte(self._decode(data)).encode())
        return bool(data)

    @property
    def text(self) -> str:
        """The lines on it. Asked for at every read, and those that nothing was written to since are not made again."""
        screen = self.screen
        for y in screen.dirty:
            # The second cell of a wide character has no text.
            cells = screen.buffer[y]
            texts = [cells[x].data if x in cells else " " for x in range(screen.columns)]
            self._lines[y] = "".join(texts).rstrip()
        screen.dirty.clear()
        return "\n".join(self._lines[y] for y in range(screen.lines))

    def wait_for(self, words: str) -> None:
        """Until the words stand on the screen."""
        until = time.monotonic() + PATIENCE
        while words not in self.text:
            if time.monotonic() > until or not self._read(0.1):
                raise AssertionError(f"{words!r} never appeared; the screen:\n{self.text}")

    def wait_until(self, so: Callable[[], bool]) -> None:
        """Until it is so, by what has come from the program."""
        until = time.monotonic() + PATIENCE
        while not so():
            if time.monotonic() > until or not self._read(0.1):
                raise AssertionError(f"it never came to be so; the screen:\n{self.text}")

    def wait_while(self, words: str) -> None:
        """Until the words are gone from the screen."""
        until = time.monotonic() + PATIENCE
        while words in self.text:
            if time.monotonic() > until or not self._read(0.1):
                raise AssertionError(f"{words!r} never went away; the screen:\n{self.text}")

    def leave(self, words: str, key: str = "\x1b") -> None:
        """Out of a dialog with these words in it, by a key, as often as it takes: a dialog is deaf at first."""
        until = time.monotonic() + PATIENCE
        while words in self.text:
            if time.monotonic() > until:
                raise AssertionError(f"{words!r} could not be left; the screen:\n{self.text}")
            pause = time.monotonic() + 0.45
            while time.monotonic() < pause:
                self._read(0.05)
            self.type(key)
            pause = time.monotonic() + 0.45
            while words in self.text and time.monotonic() < pause:
                self._read(0.05)
        # Right behind what closed, keys do nothing.
        self.listen(0.6)

    def listen(self, seconds: float) -> None:
        """Take in what comes for so long, and type nothing: where a silence is what is tried."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read(min(0.02, left))

    def quit(self) -> int:
        """The exit code after q, typed at leisure: right behind what closed something it counts for nothing."""
        until = time.monotonic() + PATIENCE
        while True:
            self.listen(0.6)
            self.type("q")
            again = time.monotonic() + 2.0
            while time.monotonic() < min(again, until):
                self._read(0.05)
                if (code := self.poll()) is not None:
                    return self._ended(code)
            # On a busy machine the program may have stood still, and keys typed meanwhile count for nothing.
            assert time.monotonic() < until, f"it did not quit; the screen:\n{self.text}"

    def end(self) -> int:
        """The exit code (128 + n after signal n that killed it), once the program has ended by itself."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._read(0.05)
            if (code := self.poll()) is not None:
                return self._ended(code)
        self.signal(signal.SIGKILL)
        raise AssertionError(f"it did not end; the screen:\n{self.text}")

    def _ended(self, code: int) -> int:
        while self._read(0.0) and select.select([self.fd], [], [], 0)[0]:
            pass
        os.close(self.fd)
        return code if code >= 0 else 128 - code

    @property
    def restored(self) -> bool:
        """Whether the alternate screen was left, the cursor shown and the mouse released after all else."""
        leave = self.output.rfind(b"\x1b[?1049l")
        return (
            leave > self.output.rfind(b"\x1b[?1049h")
            and b"\x1b[?25h" in self.output
            and (self.output.rfind(b"\x1b[?1000l") > self.output.rfind(b"\x1b[?1000h"))
        )


def podtop(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    size: tuple[int, int] = (120, 40),
    starts: bool = False,
) -> Terminal:
    """podtop in a terminal; as a process that starts as any does where `starts` is true."""
    if starts:
        return Terminal([sys.executable, "-m", "tui", *arguments], size, env)
    return Terminal(arguments, size, env, quickly=True)
