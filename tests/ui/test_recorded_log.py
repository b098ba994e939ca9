"""The Logs screen in history: the lines that were recorded, around the instant; without any, what RunPod has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.logs import line
from tests.make import pod, snapshot
from tests.ui.conftest import NOW, Launch
from tests.ui.test_logs_screen import Cloud, view
from tui.api.pod_logs import LogLine
from tui.store.kept_log import KeptLog
from tui.ui.screens.logs import LogsScreen

ID = "k3v9x0q2m1a7ze"


@pytest.mark.wide
@pytest.mark.parametrize("kept", [True, False])
async def test_in_history_the_recorded_lines_are_shown_and_nothing_is_streamed(
    launch: Launch, tmp_path: Path, kept: bool
) -> None:
    lines: dict[str, list[LogLine]] = {ID: [line(1, "of RunPod")]}
    cloud = Cloud(**lines)
    async with launch(record=tmp_path, cloud=cloud, size=(100, 24)) as run:
        log = KeptLog(1_000)
        run.app.session.fleet.kept_log = log if kept else None
        for at in range(1, 9):
            run.cloud.now = NOW + 5 * at
            log.add(ID, run.cloud.now, f"step {at} of nine")
            await run.poll(snapshot(pod(ID, name=f"at-{at}")))
        await run.until_so(lambda: run.app.playback.past is not None)
        await run.press("g", "left_square_bracket")
        await run.until_so(lambda: run.app.playback.in_history)
        await run.press("l")
        await run.until_so(lambda: isinstance(run.app.screen, LogsScreen))
        if not kept:
            await run.until("of RunPod")
            assert "recorded" not in run.text()
            assert not view(run).follows
            await run.until_so(lambda: any(query.since is not None for _, query in cloud.log.asked))
            return
        await run.until("step 3 of nine")
        text = run.text()
        assert "at-7 recorded" in text, "as the pod was named then"
        assert "of RunPod" not in text
        assert cloud.log.asked == []
        assert not view(run).follows
        await run.press("ampersand", *"step 2", "enter")
        await run.until("1 shown")
        # Live again, lines are RunPod's again.
        await run.press("escape", "escape", "equals_sign")
        await run.until_so(lambda: not run.app.playback.in_history)
        await run.press("l")
        await run.until("of RunPod")
        assert "of nine" not in run.text()
