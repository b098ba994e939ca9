"""Runs in words: what a row of the fleet and the section of a pod show, and what they leave out."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, pod
from tests.store.test_run_signals import BEGUN, run_of, steady
from tui.api.features import NOT_OFFERED
from tui.domain.offered import NO_LOGS
from tui.domain.signals.machine import Disk, Machine, Process
from tui.store.run_signals import Run, RunTracker
from tui.ui.primitives.cells import Cell
from tui.ui.render import row_columns, runs
from tui.ui.render.run_columns import with_runs

POD = pod("a", cost=23.92)
NOW = BEGUN + 400.0


def flat(cell: Cell) -> str:
    return "".join(text for text, _ in cell)


def facts(run: Run | None, now: float = NOW, balance: float = 1000.0) -> dict[str, str]:
    section = runs.section(run, POD, now, funds=funds(balance, 23.92), tz=UTC)
    return {} if section is None else {fact.label: flat(fact.value) for fact in section.facts}


def test_a_row_has_loss_step_and_what_is_left() -> None:
    cells = runs.cells(run_of(*steady(101)), POD, NOW)
    assert flat(cells["loss"]) == "▇▆▅▃▂▁    4.9", "curves stand below each other, whatever the loss"
    assert flat(cells["step"]) == "100/1k"
    assert flat(cells["eta"]) == "1h 00m $24"


def test_a_pod_without_a_run_or_that_does_not_run_has_no_cells() -> None:
    assert runs.cells(None, POD, NOW) == {}
    stopped = replace(POD, status="EXITED", runtime=None)
    assert runs.cells(run_of(*steady(9)), stopped, NOW) == {}
    assert runs.section(run_of(*steady(9)), stopped, NOW) is None
    assert flat(runs.cells(Run(problem="timed out"), POD, NOW)["loss"]) == "timed out"
    assert flat(runs.cells(Run(problem=NO_LOGS), POD, NOW)["loss"]) == NOT_OFFERED


def test_columns_of_runs_are_there_only_if_there_is_a_run() -> None:
    columns = row_columns.pod_columns(120, leased=False)
    assert with_runs(columns, False, 120) == columns
    keys = [column.key for column in with_runs(columns, True, 120)]
    at = keys.index("cost")
    assert keys[at : at + 4] == ["cost", "loss", "step", "eta"]
    narrow = with_runs(columns, True, 80)[at + 1]
    assert flat(runs.cells(run_of(*steady(101)), POD, NOW, loss_width=narrow.width)["loss"]) == "4.9"


def test_a_loss_that_is_no_number_is_said_by_a_word() -> None:
    run = run_of(*steady(50), (201.0, "step 51/1000 | loss nan"))
    cells = runs.cells(run, POD, NOW)
    assert cells["loss"][-1] == ("    NaN", "bad")
    assert facts(run)["Loss"].startswith("NaN for 3m 19s")


def test_the_section_says_when_it_ends_what_it_costs_and_whether_the_balance_lasts() -> None:
    run = run_of(*steady(101))
    shown = facts(run)
    assert shown["Log format"] == "key=value lines (detected)"
    assert shown["Step"] == "100 of 1,000 · 10.0%"
    assert shown["Ends"] == "Mon 13:06 (in 1h 00m), $23.92 more; runway covers it"
    assert facts(run, balance=11.96)["Ends"].endswith("; the balance ends 30m 00s before")
    assert shown["Last line"] == "0s ago  usually one in 4s"
    assert shown[""] == "step 100/1000 | loss 4.9000 | lr 1e-4"


def test_a_run_that_ended_crashed_or_is_not_read_says_so() -> None:
    ended = facts(run_of(*steady(50), (200.0, "Training complete")), BEGUN + 260)
    assert ended["Finished"] == "1m 00s ago  S stops the pod"
    assert "Ends" not in ended
    crashed = facts(run_of(*steady(50), (200.0, "CUDA out of memory.")), BEGUN + 260)
    assert crashed["Trouble"].startswith("out of GPU memory 1m 00s ago")
    tracker = RunTracker()
    tracker.hindered("Permission denied")
    assert facts(tracker.settle()) == {"Not read": "Permission denied", "Log": "no lines yet"}


def test_an_epoch_s_end_has_no_cost() -> None:
    lines = [(float(n), f"Epoch 3:  4%|█ | {n}/1000 [00:12<00:15, 1.00it/s, loss=2.0]") for n in range(1, 121)]
    assert facts(run_of(*lines), BEGUN + 120)["Epoch ends"].startswith("in 14m 40s")


NUMBERS = st.floats(-1e30, 1e30)


@given(st.lists(st.tuples(NUMBERS, st.integers(0, 10**12), st.integers(0, 10**12)), max_size=30), st.floats(0, 1e9))
def test_whatever_a_run_writes_is_shown_in_bounded_cells(lines: list[tuple[float, int, int]], later: float) -> None:
    run = run_of(*[(n * 10.0, f"step {step}/{total} loss {loss!r}") for n, (loss, step, total) in enumerate(lines)])
    cells = runs.cells(run, POD, BEGUN + later)
    assert all(len(flat(cell)) < 40 for cell in cells.values())
    assert all(len(value) < 400 for value in facts(run, BEGUN + later).values())


def test_disks_and_processes_are_facts_and_what_a_container_hides_is_said() -> None:
    tracker = RunTracker()
    tracker.take_machine(
        Machine(NOW, (Process(42, "python3", 40_960.0, 71_680.0), Process(7, "tini", 5.0)), (Disk("/", 50.0, 49.0),))
    )
    shown = facts(tracker.settle())
    assert shown["Disk /"] == "98%  49 of 50 GB"
    assert shown["Processes"] == "python3  GPU 70.0 GB  40.0 GB  pid 42"
    tracker.take_machine(Machine(NOW, hides_processes=True))
    assert facts(tracker.settle())["GPU processes"] == "not visible inside this container"
