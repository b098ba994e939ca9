"""The script that is run on a pod: it reads what is new, changes nothing, and no text of a pod becomes part of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.signals.machine import Disk, Machine, Process, machine
from tui.domain.signals.pod_script import AT_ONCE, DISKS, HEAD, MACHINE, PANE, Part, Position, parts, script
from tui.domain.signals.rules import PodSignals

MARK = "0123456789abcdef"
needs_shell = pytest.mark.skipif(
    os.name != "posix" or shutil.which("stat") is None or "GNU" not in subprocess.run(
        ["stat", "--version"], capture_output=True, text=True, check=False
    ).stdout,
    reason="pods have GNU tools, this machine has not",
)  # fmt: skip


def run(rules: PodSignals, positions: dict[str, Position] | None = None) -> dict[str, Part]:
    done = subprocess.run(
        ["sh", "-s"], input=script(rules, MARK, positions or {}).encode(), capture_output=True, check=True
    )
    return {part.name: part for part in parts(done.stdout, MARK)}


@needs_shell
def test_a_log_is_read_from_where_it_was_read_before(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"one\ntwo\n")
    rules = PodSignals(files=(f"{tmp_path}/*.log",), machine=False)
    part = run(rules)["log"]
    assert (part.body, part.begin, part.size) == (b"one\ntwo\n", 0, 8)
    with log.open("ab") as file:
        file.write(b"three\n")
    assert run(rules, {"log": part.position})["log"].body == b"three\n"
    again = run(rules, {"log": Position(part.inode, 14)})["log"]
    assert (again.body, again.begin) == (b"", 14)


@needs_shell
def test_a_file_that_was_replaced_or_cut_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 100)
    rules = PodSignals(files=(str(log),), machine=False)
    position = run(rules)["log"].position
    log.write_bytes(b"new\n")
    assert run(rules, {"log": position})["log"].body == b"new\n"


@needs_shell
def test_of_several_files_the_newest_is_read_and_of_a_long_one_the_end(tmp_path: Path) -> None:
    for number, name in enumerate(("old.log", "new.log")):
        (tmp_path / name).write_bytes(name.encode() * (1 if number == 0 else 50_000))
        os.utime(tmp_path / name, (1000 + number, 1000 + number))
    part = run(PodSignals(files=(f"{tmp_path}/*.log",), machine=False))["log"]
    assert len(part.body) == AT_ONCE
    assert part.begin == 350_000 - AT_ONCE
    assert part.age > 1e9
    assert run(PodSignals(files=(f"{tmp_path}/no.log",), machine=False)) == {}


@needs_shell
def test_names_of_files_are_only_names(tmp_path: Path) -> None:
    for name in ("$(touch pwned).log", "-rf.log", "a;touch pwned;.log", "a\nb.log"):
        (tmp_path / name).write_bytes(b"text\n")
    os.utime(tmp_path / "-rf.log", (5e9, 5e9))
    assert run(PodSignals(files=(f"{tmp_path}/*.log",), machine=False))["log"].body == b"text\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ("$(touch pwned).log", "-rf.log", "a;touch pwned;.log", "a\nb.log")
    )


@needs_shell
def test_the_machine_is_read_where_there_are_no_gpus_too() -> None:
    found = run(PodSignals(disks=("/",)))
    text = {name: part.body.decode() for name, part in found.items()}
    read = machine(5.0, text["apps"], text["gpus"], text["ps"], text["df"])
    assert read.at == 5.0
    assert [disk.mount for disk in read.disks] == ["/"]


def test_a_disk_is_full_when_nothing_of_it_is_available() -> None:
    table = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 104857600 99614720 0 100% /workspace\n"
    (disk,) = machine(5.0, "", "", "", table).disks
    assert (disk.share, disk.size - disk.used) == (1.0, 0.0), "the rest is kept for root"


READS = {
    "ls", "head", "stat", "printf", "tail", "date", "nvidia-smi", "ps", "tmux", "df", "grep", "set", "shift", "return",
    "new",
}  # fmt: skip


def test_the_script_has_only_commands_that_read() -> None:
    text = re.sub(r"2>/dev/null|'[^']*'|\"[^\"]*\"", " ", "".join((HEAD, PANE, MACHINE, DISKS)))
    text = re.sub(r"\$\(\((?:[^()]|\$\([^()]*\))*\)\)", "0", text)
    commands = re.findall(r"(?:^|[|;&(){]|\n|\$\()[ \t]*([a-z][a-z-]*)(?= |\n|$)", text)
    assert set(commands) <= READS, commands
    assert ">" not in text
    assert "capture-pane -p" in PANE


@given(
    st.binary(max_size=400),
    st.lists(st.sampled_from([MARK, "log", "1", "-5", "99999999999999999999999", "x"]), max_size=8),
)
def test_no_output_upsets_its_reader(noise: bytes, words: list[str]) -> None:
    output = noise + f"\n{MARK} {' '.join(words)}\n".encode() + noise
    for part in parts(output, MARK):
        assert part.age >= 0
        text = part.body.decode("utf-8", "replace")
        machine(1.0, text, text, text, text)


def test_what_the_commands_print_is_read() -> None:
    read = machine(
        9.0, "4242, /usr/bin/python3.11, 71234\n77, a, b, 512\n", "0, 71746\n1, 0\n",
        " 4242 41234567 python3\n    1     5000 \x1b[31mtini\n junk\n",
        "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 52428800 51380224 1048576 98% /\n"
        "nas:/x 104857600 52428800 52428800 50% /workspace\n",
    )  # fmt: skip
    assert read == Machine(
        9.0,
        (Process(4242, "python3.11", 41234567 / 1024, 71234.0), Process(77, "a, b", None, 512.0),
         Process(1, "tini", 5000 / 1024)),
        (Disk("/", 50.0, 49.0), Disk("/workspace", 100.0, 50.0)),
    )  # fmt: skip
    assert read.disks[0].share == 0.98
    assert machine(9.0, "", "0, 71746\n", "", "").hides_processes


def test_the_topic_has_what_is_run_word_for_word() -> None:
    from tui.commands.topics import source

    rules = PodSignals(
        files=("/workspace/logs/*.log",), tmux="train:0.0", metrics=("/workspace/runs/*/events.out.tfevents.*",)
    )
    assert script(rules, "4f2a9c1e77b0d3a5", {}) in source("signals")
    trackio = PodSignals(metrics=("~/.cache/huggingface/trackio/*.db",), machine=False)
    assert script(trackio, "x", {}).removeprefix(HEAD.format(marker="x")) in source("signals")
