"""A signal ends podtop, whatever it does at that moment."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

STUCK = """
import asyncio, sys, threading, time
from tui.system.signals import end_on_signals

def no_thread(*_):
    raise RuntimeError("can't start new thread")

async def main():
    end_on_signals(lambda code: None, lambda: print("rescued", flush=True), within=0.2)
    threading.Thread.start = no_thread
    print("ready", flush=True)
    {wait}

asyncio.run(main())
"""


OTHERS = [pytest.param(number, marks=pytest.mark.wide, id=number.name) for number in (signal.SIGINT, signal.SIGHUP)]


@pytest.mark.parametrize("number", [signal.SIGTERM, *OTHERS], ids=lambda number: number.name)
@pytest.mark.parametrize("wait", ["while True: time.sleep(0.01)", "await asyncio.sleep(3600)"], ids=["busy", "waiting"])
def test_it_ends_where_no_thread_can_be_had_any_more(number: signal.Signals, wait: str) -> None:
    command = [sys.executable, "-c", STUCK.format(wait=wait)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as stuck:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == "ready\n"
        stuck.send_signal(number)
        said, errors = stuck.communicate(timeout=20)
    assert (stuck.returncode, said, errors) == (128 + number, "rescued\n", "")
