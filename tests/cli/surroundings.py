"""Hostile surroundings of a command, made in the process that is to be podtop before it begins."""

from __future__ import annotations

import os
import pwd
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any


def make(case: dict[str, Any]) -> None:
    """Make the surroundings of a case.

    env:        variables that are set, or missing where they are None
    nobody:     the user is in no list of users
    gone:       the working directory has been deleted
    encoding:   that of the output
    full:       the output is a disk without room
    closed:     the numbers of the standard streams that are closed
    crash:      whatever is printed fails
    interrupt:  after so many calls of functions ctrl+c is pressed
    """
    for name, value in case.get("env", {}).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if case.get("nobody"):

        def nobody(number: int) -> Any:
            raise KeyError(number)

        pwd.getpwuid = nobody  # type: ignore[assignment]
    if case.get("gone"):
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        Path(folder).rmdir()
    if encoding := case.get("encoding"):
        sys.stdout.reconfigure(encoding=encoding, errors="strict")  # type: ignore[union-attr]
    if case.get("full"):
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if number in case.get("closed", ()):
            # As Python finds it where the shell closed it.
            os.close(number)
            setattr(sys, name, None)
    if case.get("crash"):
        import tui.commands.stdio

        def broken(*arguments: object) -> None:
            raise ZeroDivisionError("rpa_0123456789abcdef")

        for module in (tui.commands.stdio, *(m for name, m in list(sys.modules.items()) if name.startswith("tui."))):
            if hasattr(module, "write"):
                module.write = broken  # type: ignore[attr-defined]
    if (calls := case.get("interrupt")) is not None:
        _interrupt_after(calls)


def _interrupt_after(calls: int) -> None:
    """By calls of functions and not by a clock, so that it is always the same."""
    left = calls

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(called)
