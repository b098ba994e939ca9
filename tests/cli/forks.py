"""Runs podtop's commands in hostile surroundings, each in a fork of one process that has imported podtop already.

A program of its own: cases come as JSON on the standard input, results go as JSON to the standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import pwd
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import tui


def preload() -> None:
    """What podtop would import by itself: only time is saved by this."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if module.name != "tui.__main__":
            importlib.import_module(module.name)
    importlib.import_module("uvicorn")


def begin(case: dict[str, Any], out: int, err: int) -> None:
    """Make the surroundings of a case."""
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
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open("/dev/full", os.O_WRONLY) if case.get("full") else out, 1)
    os.dup2(err, 2)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if number in case.get("closed", ()):
            # As Python finds it where the shell closed it.
            os.close(number)
            setattr(sys, name, None)
    if (room := case.get("memory")) is not None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
    if case.get("crash"):
        import tui.commands.stdio

        def broken(*arguments: object) -> None:
            raise ZeroDivisionError("rpa_0123456789abcdef")

        for module in (tui.commands.stdio, *(m for name, m in list(sys.modules.items()) if name.startswith("tui."))):
            if hasattr(module, "write"):
                module.write = broken  # type: ignore[attr-defined]


def interrupt_after(calls: int) -> None:
    """As ctrl+c would, after so many calls of functions: by them and not by a clock, so that it is always the same."""
    left = calls

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(called)


def run(case: dict[str, Any]) -> dict[str, Any] | None:
    """The result; None in the fork, which goes on to be podtop."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            begin(case, out.fileno(), err.fileno())
            return None
        _, status = os.waitpid(child, 0)
        found = {}
        for name, file in (("out", out), ("err", err)):
            file.seek(0)
            found[name] = file.read().decode("utf-8", "replace")
        return {"code": os.waitstatus_to_exitcode(status), **found}


def main() -> int:
    preload()
    results = []
    for case in json.load(sys.stdin):
        result = run(case)
        if result is None:
            from tui.__main__ import main as podtop

            sys.argv = ["podtop", *case["argv"]]
            # One that never ends is a result too.
            signal.alarm(60)
            if (calls := case.get("interrupt")) is not None:
                interrupt_after(calls)
            return podtop()
        results.append(result)
    sys.stdout.write(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
