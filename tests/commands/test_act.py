"""Stop, resume and terminate on a plain terminal: nothing without consent, nothing twice, and told as it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.acting import NOON, Account
from tui.api.errors import CloudError
from tui.commands import confirmation
from tui.commands.act import Hands
from tui.commands.confirmation import Refused
from tui.commands.exit_codes import Exit, code_of
from tui.commands.prompt import Terminal
from tui.commands.stdio import hush
from tui.config.loader import Config
from tui.demo.pods import SimPod
from tui.services.source import Source
from tui.storage.audit_log import AuditLog
from tui.storage.state_files import StateFiles

LLAMA, QWEN, PREP, STUDENT = "k3v9x0q2m1a7ze", "z1x2c3v4b5n6m7", "m5n4b3v2c1x0z9", "a1s2d3f4g5h6j7"


class Person(Terminal):
    """Answers as the test says; between a question and its answer something may happen."""

    def __init__(self, *answers: str | None, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self._meanwhile = meanwhile

    @property
    def there(self) -> bool:
        return True

    async def ask(self, question: str) -> str | None:
        self.asked.append(question)
        self._meanwhile()
        return self.answers.pop(0)


class Stage(Account):
    """An account that a command acts on; podtop's state is in `directory`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.state = StateFiles(lambda: directory, "demo", "demo")
        self.hands = self.another()

    def another(self, *, dry_run: bool = False) -> Hands:
        def clock() -> float:
            # A look comes a moment after what it looks at.
            self.now += 1.0
            return self.now

        return Hands(
            self.cloud, Source("demo", True, lambda: self.cloud, clock), self.state, Config(interval=0.02),
            dry_run=dry_run,
        )  # fmt: skip

    async def act(self, action: str, *wanted: str, person: Terminal | None = None) -> int | Exit:
        """The exit code, as the command gives it."""
        try:
            return await self.hands.act(action, wanted, person)
        except Refused as refused:
            self.said = str(refused)
            return refused.code
        except CloudError as error:
            self.said = str(error)
            return code_of(error)
        finally:
            await self.hands.close()

    def status(self, pod: str) -> str | None:
        found = self.world.pods.get(pod)
        return found.status if found else None


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_a_stop_is_asked_written_down_sent_once_and_told(stage: Stage, capsys: Any) -> None:
    person = Person("y")
    assert await stage.act("stop", QWEN, person=person) is Exit.OK
    assert person.asked == ["Stop this pod? [y/N] "]
    assert stage.mutations == ["stop"]
    assert stage.status(QWEN) == "EXITED"
    said = capsys.readouterr()
    assert said.out == "✓ qwen-eval-sweep stopped: Exited by user\n"
    for words in (f"qwen-eval-sweep ({QWEN})", "Saves $1.37/h", "100 GB", "container disk is wiped", "later"):
        assert words in said.err
    intent, end = stage.log()
    assert (intent["action"], intent["pod"], intent["by"], end["outcome"]) == ("stop", QWEN, "command", "done")


class Nobody(Person):
    @property
    def there(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("pod", "code", "words"),
    [("nope", 3, "no pod named 'nope'"), (QWEN, 2, "no terminal to ask"), (PREP, 0, "already stopped. Nothing to do")],
)
async def test_without_a_terminal_what_is_wrong_with_the_pod_comes_first(
    pod: str, code: int, words: str, stage: Stage, capsys: Any
) -> None:
    stage.said = ""
    assert await stage.act("stop", pod, person=Nobody()) == code
    said = stage.said + capsys.readouterr().err
    assert words in said
    assert "Saves" not in said, "there is nothing to agree to"
    assert stage.mutations == []


@pytest.mark.parametrize("answer", ["", "n", "stop", "yy", "no", None, "qwen-eval-sweep"])
async def test_anything_but_a_yes_sends_nothing(answer: str | None, stage: Stage) -> None:
    assert await stage.act("stop", QWEN, person=Person(answer)) is Exit.REFUSED
    assert "Nothing was sent" in stage.said
    assert stage.mutations == []
    assert stage.log() == []


@pytest.mark.parametrize(
    ("answer", "done"),
    [("qwen-eval-sweep", True), (QWEN, True), ("y", False), ("qwen", False), ("QWEN-EVAL-SWEEP", False), ("", False)],
)
async def test_terminating_takes_the_name(answer: str, done: bool, stage: Stage, capsys: Any) -> None:
    code = await stage.act("terminate", QWEN, person=Person(answer))
    assert code is (Exit.OK if done else Exit.REFUSED)
    assert stage.mutations == (["terminate"] if done else [])
    assert "cannot be undone" in capsys.readouterr().err


async def test_terminating_several_lists_all_and_takes_their_number(stage: Stage, capsys: Any) -> None:
    person = Person("2")
    assert await stage.act("terminate", QWEN, "dataset-prep", QWEN, person=person) is Exit.OK
    assert person.asked == ["To terminate these 2 pods, type the number of pods: "]
    assert stage.mutations == ["terminate", "terminate"]
    assert stage.status(PREP) in (None, "TERMINATED")
    said = capsys.readouterr().err
    assert f"qwen-eval-sweep ({QWEN})" in said
    assert f"dataset-prep ({PREP})" in said


@pytest.mark.parametrize("answer", ["1", "3", "y", "qwen-eval-sweep", QWEN])
async def test_a_wrong_number_terminates_none(answer: str, stage: Stage) -> None:
    assert await stage.act("terminate", QWEN, PREP, person=Person(answer)) is Exit.REFUSED
    assert stage.mutations == []


async def test_yes_asks_nothing_and_says_all_the_same(stage: Stage, capsys: Any) -> None:
    stage.world.pods[PREP].free_gpus = 1
    assert await stage.act("resume", PREP) is Exit.OK
    assert stage.mutations == ["resume"]
    assert stage.wire.mutations[0][1] == {"podId": PREP, "gpuCount": 1}
    assert "Costs $0.43/h" in capsys.readouterr().err


async def test_the_pod_is_read_again_and_what_changed_is_asked_again(stage: Stage, capsys: Any) -> None:
    def dearer() -> None:
        stage.world.pods[QWEN].price = 9.0

    person = Person("y", "n", meanwhile=dearer)
    assert await stage.act("stop", QWEN, person=person) is Exit.REFUSED
    assert len(person.asked) == 2
    assert "the pod changed in the meantime" in capsys.readouterr().err
    assert stage.mutations == []
    again = Stage(stage.path.parent)
    changed = iter((lambda: setattr(again.world.pods[QWEN], "price", 9.0), lambda: None))
    agreeing = Person("y", "y", meanwhile=lambda: next(changed)())
    assert await again.act("stop", QWEN, person=agreeing) is Exit.OK
    assert again.mutations == ["stop"]


async def test_what_changed_is_refused_where_nobody_is_asked(stage: Stage, capsys: Any) -> None:
    look, looks = stage.hands.look, []

    async def changing() -> Any:
        looks.append(1)
        if len(looks) == 2:
            stage.world.pods[QWEN].locked = True
        return await look()

    with patch.object(stage.hands, "look", changing):
        assert await stage.act("terminate", QWEN) is Exit.REFUSED
    assert "the pod changed in the meantime" in capsys.readouterr().err
    assert stage.mutations == []


async def test_a_pod_that_somebody_else_stopped_meanwhile_is_as_good_as_done(stage: Stage, capsys: Any) -> None:
    person = Person("y", meanwhile=lambda: stage.world.stop(QWEN))
    assert await stage.act("stop", QWEN, person=person) is Exit.OK
    assert "Nothing to do" in capsys.readouterr().err
    assert stage.mutations == []


async def test_what_is_so_already_is_as_good_as_done(stage: Stage, capsys: Any) -> None:
    assert await stage.act("stop", PREP) is Exit.OK
    assert "already stopped. Nothing to do." in capsys.readouterr().err
    stage.hands = stage.another()
    assert await stage.act("resume", LLAMA) is Exit.OK
    assert stage.mutations == []


async def test_of_several_those_it_makes_no_sense_for_are_left_out_and_told(stage: Stage, capsys: Any) -> None:
    stage.world.pods[LLAMA].locked = True
    assert await stage.act("terminate", LLAMA, QWEN) is Exit.REFUSED
    assert stage.mutations == ["terminate"]
    assert "terminate llama-70b-pretrain: locked on RunPod" in capsys.readouterr().err
    assert stage.status(LLAMA) == "RUNNING"


async def test_a_spot_pod_is_not_resumed_and_the_way_is_told(stage: Stage, capsys: Any) -> None:
    stage.world.stop(STUDENT)
    assert await stage.act("resume", STUDENT) is Exit.REFUSED
    assert "spot pods resume with a bid; use B in the podtop UI" in capsys.readouterr().err
    assert stage.mutations == []


@pytest.mark.parametrize("action", ["stop", "terminate"])
async def test_an_answer_that_was_lost_is_found_out_and_nothing_is_sent_twice(
    action: str, stage: Stage, capsys: Any
) -> None:
    stage.faults.set("acts-502")
    assert await stage.act(action, QWEN) is Exit.OK
    assert stage.mutations == [action]
    assert "no response received, but it went through" in capsys.readouterr().out
    assert stage.outcomes() == ["unknown", "done"]


async def test_nothing_came_of_it_is_told_as_such(stage: Stage, capsys: Any) -> None:
    stage.faults.set("acts-502")
    with (
        patch("tui.services.reconciler.PATIENCE", 3.0),
        patch.object(stage.world, "stop", lambda id: stage.world.pods[id]),
    ):
        assert await stage.act("stop", QWEN) is Exit.REFUSED
    assert "it did not go through" in capsys.readouterr().out
    assert stage.mutations == ["stop"]
    assert stage.outcomes() == ["unknown", "not done"]


async def test_what_could_not_be_found_out_is_unknown(stage: Stage, capsys: Any) -> None:
    def last_words(id: str) -> SimPod:
        stage.faults.set("503")
        return stage.world.pods[id]

    stage.faults.set("acts-502")
    with patch("tui.services.reconciler.PATIENCE", 3.0), patch.object(stage.world, "stop", last_words):
        assert await stage.act("stop", QWEN) is Exit.UNKNOWN
    assert "RunPod has not reported on it since" in capsys.readouterr().out
    assert stage.outcomes() == ["unknown", "unknown"]
    assert stage.mutations == ["stop"]


async def test_a_done_that_runpod_does_not_show_is_unknown(stage: Stage, capsys: Any) -> None:
    with (
        patch("tui.services.reconciler.PATIENCE", 3.0),
        patch.object(stage.world, "stop", lambda id: stage.world.pods[id]),
    ):
        assert await stage.act("stop", QWEN) is Exit.UNKNOWN
    assert "does not show that" in capsys.readouterr().out


async def test_a_refusal_is_told_in_runpods_words(stage: Stage, capsys: Any) -> None:
    stage.world.pods[PREP].free_gpus = 0
    assert await stage.act("resume", PREP) is Exit.REFUSED
    assert "not enough free GPUs" in capsys.readouterr().out
    assert stage.outcomes() == ["refused"]


async def test_nothing_is_sent_where_the_intent_cannot_be_written_down(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "actions.jsonl").mkdir()
    assert await stage.act("stop", QWEN) is Exit.REFUSED
    assert stage.mutations == []


async def test_an_earlier_request_without_an_answer_is_looked_for_first(stage: Stage, capsys: Any) -> None:
    log = AuditLog(stage.path, origin="demo", wall=lambda: NOON)
    log.intent("stop", QWEN, "qwen-eval-sweep", {})
    other = log.intent("stop", LLAMA, "llama-70b-pretrain", {})
    stage.world.stop(QWEN)
    person = Person("qwen-eval-sweep")
    assert await stage.act("terminate", QWEN, person=person) is Exit.OK
    said = capsys.readouterr()
    assert "an earlier request got no response" in said.err
    assert said.out.index("stopped: no response received, but it went through") < said.out.index("terminated")
    assert stage.mutations == ["terminate"]
    assert [intent.id for intent in log.unfinished()] == [other], "what is of other pods is left alone"


@pytest.mark.parametrize(("fault", "code"), [("401", 4), ("503", 5), ("partial", 5), ("refused", 5)])
async def test_what_cannot_be_read_is_not_acted_upon(fault: str, code: int, stage: Stage) -> None:
    stage.faults.set(fault)
    assert await stage.act("stop", QWEN) == code
    assert stage.mutations == []


async def test_what_cannot_be_read_again_is_not_acted_upon(stage: Stage) -> None:
    person = Person("y", meanwhile=lambda: stage.faults.set("503"))
    assert await stage.act("stop", QWEN, person=person) is Exit.UNREACHABLE
    assert stage.mutations == []


NAMES = {"a1": "train", "b2": "train", "c3": "eval", "train2": "eval-2"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["a1"], ("a1",)),
        (["eval"], ("c3",)),
        (["c3", "eval", "a1"], ("c3", "a1")),
        (["eval-2", "b2"], ("train2", "b2")),
    ],
)  # fmt: skip
def test_pods_are_meant_by_id_or_by_a_name_that_one_alone_has(wanted: Sequence[str], found: tuple[str, ...]) -> None:
    assert confirmation.find(wanted, NAMES) == found


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        (["train"], Exit.USAGE, "2 pods are named 'train': a1, b2"),
        (["a1", "tra"], Exit.NOTHING, "did you mean a1 (train), b2 (train), train2 (eval-2)?"),
        (["TRAIN"], Exit.NOTHING, "no pod named 'TRAIN'; did you mean a1 (train)"),
        ([""], Exit.NOTHING, "no pod named ''; pods: a1"),
        (["zzz"], Exit.NOTHING, "no pod named 'zzz'; pods: a1 (train)"),
        (["evla"], Exit.NOTHING, "no pod named 'evla'; did you mean c3 (eval), train2 (eval-2)?"),
    ],
)
def test_what_is_not_clear_is_refused_with_what_there_is(wanted: list[str], code: Exit, words: str) -> None:
    with pytest.raises(Refused, match=r"[.?] Nothing was sent\.$") as refused:
        confirmation.find(wanted, NAMES)
    assert refused.value.code is code
    assert words in str(refused.value)


def test_of_an_empty_account_that_is_said() -> None:
    with pytest.raises(Refused, match="there are no pods"):
        confirmation.find(["x"], {})


async def test_of_pods_that_are_not_clear_none_is_touched(stage: Stage) -> None:
    assert await stage.act("stop", QWEN, "no-such-pod") is Exit.NOTHING
    assert stage.mutations == []


async def test_the_log_says_that_a_command_did_it(stage: Stage) -> None:
    from tui.commands.log import rows
    from tui.storage.audit_log import entries

    await stage.act("stop", QWEN)
    (row,) = rows(entries(stage.path))
    assert row[1].endswith(", command")


async def test_what_runpod_has_answered_is_known_before_it_is_seen(stage: Stage) -> None:
    import asyncio

    with patch.object(stage.world, "stop", lambda id: stage.world.pods[id]):
        acting = asyncio.ensure_future(stage.hands.act("stop", [QWEN], None))
        await stage.until(lambda: stage.hands.known is not None)
        assert not acting.done()
        acting.cancel()
        await asyncio.wait([acting])
    assert stage.hands.known is Exit.OK
    await stage.hands.close()


@pytest.mark.parametrize(
    ("action", "pod", "would", "consequence"),
    [
        ("stop", QWEN, f"would stop qwen-eval-sweep ({QWEN})\n", "Saves $1.37/h"),
        ("resume", PREP, f"would resume dataset-prep ({PREP}) with 1 GPU\n", "Costs $0.43/h"),
        ("terminate", QWEN, f"would terminate qwen-eval-sweep ({QWEN})\n", "DESTROYED"),
    ],
)
async def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    action: str, pod: str, would: str, consequence: str, stage: Stage, capsys: Any
) -> None:
    stage.world.pods[PREP].free_gpus = 1
    stage.hands = stage.another(dry_run=True)
    assert await stage.act(action, pod) is Exit.OK
    said = capsys.readouterr()
    assert said.out == would
    assert consequence in said.err
    assert "dry run: nothing was sent" in said.err
    assert stage.mutations == []
    assert stage.log() == []


async def test_a_dry_run_ends_as_the_command_would_where_that_sends_nothing(stage: Stage, capsys: Any) -> None:
    stage.world.pods[LLAMA].locked = True
    for action, pods, code in (
        ("stop", (PREP,), Exit.OK),
        ("terminate", (LLAMA, QWEN), Exit.REFUSED),
        ("stop", ("no-such-pod",), Exit.NOTHING),
    ):
        stage.hands = stage.another(dry_run=True)
        assert await stage.act(action, *pods) == code
    assert capsys.readouterr().out == f"would terminate qwen-eval-sweep ({QWEN})\n"
    assert stage.mutations == []


async def test_a_dry_run_leaves_the_log_as_it_is(stage: Stage) -> None:
    AuditLog(stage.path, origin="demo", wall=lambda: NOON).intent("stop", QWEN, "qwen-eval-sweep", {})
    stage.world.stop(QWEN)
    before = stage.path.read_bytes()
    stage.hands = stage.another(dry_run=True)
    assert await stage.act("terminate", QWEN) is Exit.OK
    assert stage.path.read_bytes() == before


async def test_what_carries_out_actions_refuses_them_in_a_dry_run(stage: Stage) -> None:
    from tui.domain.action import Command

    stage.hands = stage.another(dry_run=True)
    await stage.hands.look()
    assert await stage.hands._send([Command("stop", QWEN, "qwen-eval-sweep")]) is Exit.REFUSED
    assert stage.mutations == []
    await stage.hands.close()


@pytest.fixture
def quiet() -> Iterator[None]:
    hush(True)
    yield
    hush(False)


@pytest.mark.usefixtures("quiet")
async def test_quietly_only_the_result_is_said_where_nobody_is_asked(stage: Stage, capsys: Any) -> None:
    assert await stage.act("stop", QWEN, PREP) is Exit.OK
    said = capsys.readouterr()
    assert (said.out, said.err) == ("✓ qwen-eval-sweep stopped: Exited by user\n", "")


@pytest.mark.usefixtures("quiet")
async def test_what_is_to_be_agreed_to_and_refusals_are_said_quietly_too(stage: Stage, capsys: Any) -> None:
    stage.world.pods[LLAMA].locked = True
    assert await stage.act("terminate", LLAMA, QWEN, person=Person("no")) is Exit.REFUSED
    said = capsys.readouterr().err
    assert "terminate llama-70b-pretrain: " in said
    assert "DESTROYED" in said
    assert stage.mutations == []
