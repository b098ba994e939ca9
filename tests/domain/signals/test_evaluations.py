"""Which lines and keys are of an evaluation, and which only speak of one."""

from __future__ import annotations

import pytest

from tui.domain.signals.evaluations import is_line, names_one
from tui.domain.signals.presets import read_any

EVALUATIONS = r"""
Val Epoch: [0][ 40/50] Time 0.1 Loss 1.9
Test: [40/50] Loss 1.9
eval step 4/50 | loss 1.9
[eval] Epoch [3/10] step 4/50 loss 1.9
Epoch(val) [1][50/50]  loss: 1.9
INFO mmengine: Epoch(val) [1][50/50]  loss: 1.9
2023/01/01 00:00:00 - mmengine - INFO - Epoch(val) [1][50/50]  loss: 1.9
2026-01-02 10:00:00.123 | INFO     | __main__:main:45 - eval step 4/50 loss 1.9
2026-01-02 10:00:00,123 - INFO - eval step 4/50
INFO:root:eval step 4/50 loss 1.9
[INFO|trainer.py:123] 2026-01-02 10:00:00,123 >> eval step 4/50 loss 1.9
I0102 10:00:00.123456 1234 train_step.py:45] eval step 4/50 loss 1.9
[2026-01-02 10:00:00,123][train][INFO] - Val Epoch: 3 loss 1.9
2026-01-02 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 5.1
10:00:01 INFO train.py:45 Validation step 3 loss 1
train.py:45 INFO eval step 4 loss 2
rank 0: eval step 4 loss 2
=== Validation Epoch 3 === loss 1.2
Validation Epoch 3:
Test set: Average loss: 1.9, Accuracy: 9843/10000 (98%)
Test: [3][ 40/50] Loss 1.9
(RayTrainWorker pid=12) eval step 4 loss 2
2026-01-02T10:00:00+00:00 eval step 4 loss 2
Evaluating step 5/10 loss 2
* Validation: [4/50] loss 2
Validation batch 5/10 - loss: 0.2
my-run | eval step 4 loss 2
Eval: step 4/50, loss 1.9
val_step=4/50 loss=1.9
myproject.train INFO eval step 4 loss 1
[2026-01-02 10:00:00,123] [INFO] [logging.py:96:log_dist] [Rank 0] eval step 4/50 loss 1.9
2026-01-02 10:00:00 UTC eval step 4/50 loss 1.9
Jan 02 10:00:00 eval step 4/50 loss 1.9
time=2026-01-02T10:00:00Z level=INFO msg="eval step 4/50 loss 1.9"
2026-01-02 10:00:00 [info     ] eval step 4/50 loss=1.9
INFO     eval step 4/50 loss=1.9            train.py:12
""".strip().splitlines()

TRAINING = r"""
Epoch 39/100 | best val epoch 19 | train loss 0.5 | lr 1e-4
step 39/1000 | next eval step 500 | loss 0.5
val_step=100 step=5/10 loss=0.4
test: step 5 | loss 2
qwen-test step 5 | loss 2
latest step 5 loss 2 | val loss 3
step 5 loss 2 | val step 3
[step 39/1000] eval step 500 | loss 0.5
[Epoch 3/10] Validation: [4/50] loss 2
step=39 - eval step 500 loss=0.5
INFO step: 39 | eval step: 500 | loss 0.5
eval step 500 next | step 39/1000 | loss 0.5
Val Epoch: 3 train loss 0.5 val loss 0.6
eval step 3 | training_loss=0.5
best val epoch 19 | loss 0.5
lr 1e-4 | val step 500 | loss 0.4
interval step 5 loss 2
iter 100: next eval iter 500, loss 0.4
it 39/1000 | next eval step 500 | loss 0.5
global_step: 39 | eval step 500 | loss 0.5
epoch=3 | eval_step=100 | loss=0.5
39/1000 | eval step 500 | loss 0.5
eval_step=500 loss=0.4 lr=1e-4
test step_size 5 loss 2
""".strip().splitlines()


@pytest.mark.parametrize("text", EVALUATIONS)
def test_a_line_of_an_evaluation_begins_so_behind_what_a_logger_writes(text: str) -> None:
    assert is_line(text)


@pytest.mark.parametrize("text", TRAINING)
def test_a_line_of_training_may_speak_of_an_evaluation(text: str) -> None:
    assert not is_line(text)


def test_a_line_of_training_that_speaks_of_an_evaluation_loses_nothing() -> None:
    lines = (
        "Epoch 39/100 | best val epoch 19 | train loss 0.5 | lr 1e-4",
        "step 39/1000 | next eval step 500 | loss 0.5",
        "val_step=100 step=5/10 loss=0.4",
    )
    read = [read_any(text) for text in lines]
    assert [values.loss for values in read] == [0.5, 0.5, 0.4]
    assert [(values.epoch, values.step, values.total) for values in read] == [
        (39.0, None, None), (None, 39, 1000), (None, 5, 10),
    ]  # fmt: skip


KEYS = [
    "evaluations",
    "evaluator",
    "validset",
    "testset",
    "valid_loss",
    "valMetrics",
    "TEST/all",
    "eval",
    "val",
    "valset",
    "valSet",
    "Validation",
    "evalset",
    "test_metrics",
    "tests",
    "tested",
]

OTHER_KEYS = [
    "latest",
    "values",
    "value",
    "lastValue",
    "interval",
    "testimony",
    "testimonials",
    "testify",
    "testament",
    "testosterone",
    "contest",
    "greatest",
    "retrieval",
    "medieval",
    "valve",
    "valley",
    "validity",
    "invalid",
    "attested",
]


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_evaluations(key: str) -> None:
    assert names_one(key)


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_keys_that_only_look_so(key: str) -> None:
    assert not names_one(key)
