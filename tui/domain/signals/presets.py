"""The table of presets: for each trainer how its lines are recognised, and how they are read.

A preset reads only lines that look like its own: "step" in any other text is no step.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct, convert, json
from msgspec.structs import replace

from tui.domain.signals import bars, evaluations, fields
from tui.domain.signals.bars import Bar
from tui.domain.signals.values import NOTHING, Values, amount, count, number, scaled

LONGEST = 1_000
"""Characters of a line that are read; what is behind them has no part in it."""

Read = Callable[[str], Values | None]


class Preset(Struct, frozen=True):
    """One trainer's lines.

    title: for people. read: what a line says; None if it is not one of these.
    signs: whether the line is surely of this trainer; others may read it too.
    least: lines with signs by which it is detected.
    parts: of these every line that it reads or whose signs it sees has one; without any, all lines are tried.
    """

    name: str
    title: str
    read: Read
    signs: Callable[[str], bool]
    least: int = 2
    parts: tuple[str, ...] = ()

    def may_read(self, text: str) -> bool:
        """Whether a line is worth a try: to look for a word takes a tenth of the time."""
        return not self.parts or any(part in text for part in self.parts)


def _of_bar(bar: Bar, *, within: bool) -> Values:
    values = fields.read(bar.rest)
    return replace(
        values, step=bar.done, total=bar.total or None, within=within, from_bar=True,
        it_per_s=bar.it_per_s if bar.it_per_s is not None else values.it_per_s,
    )  # fmt: skip


def _some(values: Values) -> Values | None:
    return None if values.is_empty else values


# Hugging Face Trainer and Axolotl: a dict of Python beside a bar of tqdm

_DICT = re.compile(r"\{['\"][a-z_]{1,40}['\"]: ")
_OF_TRAINER = ("'loss'", "'eval_loss'", "'train_loss'", "'train_runtime'", "'eval_runtime'")


_HEADER = re.compile(r"\b(?P<name>Num Epochs|Total optimization steps|Total steps) = (?P<value>\d[\d,]{0,12}\b)")
"""What is written once before it begins. Where there are no bars, it is all that says where the end is."""


def _header(text: str) -> Values | None:
    given = {match["name"]: number(match["value"]) for match in _HEADER.finditer(text)}
    steps = given.get("Total optimization steps", given.get("Total steps"))
    # A run that is limited by its steps has as many epochs as fit into a number.
    epochs = given.get("Num Epochs")
    return _some(Values(total=count(steps), epochs=epochs if epochs is not None and epochs <= _MOST_EPOCHS else None))


_MOST_EPOCHS = 1e5
_NAN_NORM = re.compile(r"'grad_norm': '?nan\b")


def _trainer(text: str) -> Values | None:
    if " = " in text and (header := _header(text)) is not None:
        return header
    begin = _DICT.search(text)
    if begin is not None and any(key in text for key in _OF_TRAINER):
        values = fields.read(text[begin.start() :])
        if "'train_runtime'" in text:
            # The means over the whole run, at its end, are no loss of a step.
            return _some(replace(values, loss=None, not_finite="", it_per_s=None))
        if values.loss == 0 and _NAN_NORM.search(text):
            # `logging_nan_inf_filter`, which is on by default, writes 0 for a loss that is not a number.
            values = replace(values, loss=None, not_finite="NaN")
        return _some(values.over(_plain_bar(text) or NOTHING))
    return _plain_bar(text)


def _plain_bar(text: str) -> Values | None:
    """The bar of a training loop has no name; downloads and evaluations are named, or count no iterations."""
    bar = bars.find(text)
    return None if bar is None or bar.before.strip() else _of_bar(bar, within=False)


def _is_trainer(text: str) -> bool:
    return "'epoch'" in text and any(key in text for key in _OF_TRAINER) and _DICT.search(text) is not None


def _is_axolotl(text: str) -> bool:
    return "[axolotl." in text or (_is_trainer(text) and ("'memory/max_" in text or "'tokens_per_second_per" in text))


# Lightning: a bar with the epoch before it


_EPOCH_OF_BAR = re.compile(r"^(?:\[[^\]]{0,40}\] ?)?Epoch (?P<epoch>\d{1,9})(?:/(?P<last>\d{1,9}))?:?")


def _lightning(text: str) -> Values | None:
    bar = bars.find(text)
    if bar is None or (epoch := _EPOCH_OF_BAR.match(f"{bar.before}:")) is None:
        return None
    values = replace(_of_bar(bar, within=True), epoch=amount(number(epoch["epoch"])))
    # "Epoch 3/9" counts from 0, as the epoch itself does.
    return values if epoch["last"] is None else replace(values, epochs=float(epoch["last"]) + 1.0)


def _is_lightning(text: str) -> bool:
    return ("%|" in text or "━" in text) and _lightning(text) is not None and "NeMo" not in text


# NeMo and Megatron


_MEGATRON = re.compile(r"\biteration[ ]{1,12}\d{1,15}/[ ]{0,12}\d{1,15} ?\|")
_NEMO = re.compile(r"Training epoch \d{1,9}, iteration \d{1,15}/\d{1,15}|reduced_train_loss")


_VALIDATION = re.compile(r"\bvalidation loss at iteration \d{1,15} .{0,80}?\blm loss value: (?P<loss>[-+.\w]{1,30})")


def _megatron(text: str) -> Values | None:
    if (validation := _VALIDATION.search(text)) is not None:
        loss = number(validation["loss"])
        return None if loss is None else _some(fields.values((fields.Found(fields.EVAL, loss),)))
    return _some(fields.read(text)) if _MEGATRON.search(text) else None


def _nemo(text: str) -> Values | None:
    if _NEMO.search(text) is None:
        return None
    values = fields.read(text)
    if (bar := _lightning(text)) is not None:
        values = values.over(bar)
        return _some(replace(values, step=bar.step, total=bar.total, within=True))
    if "Training epoch" in text:
        # The number of an iteration is within its epoch, and a last one: it counts from 0.
        inside = re.search(r"iteration (\d{1,15})/(\d{1,15})", text)
        if inside is not None:
            values = replace(values, step=int(inside[1]), total=int(inside[2]) + 1, within=True)
    return _some(values)


# torchtune


_TORCHTUNE_BAR = re.compile(r"(?P<epoch>\d{1,6})\|(?P<step>\d{1,12})\|Loss: (?P<loss>[-+.\w]{1,30})")
_TORCHTUNE_LINE = re.compile(r"^Step \d{1,12} \| (?:\S{1,60}:\S{1,40} ?){1,30}")


def _torchtune(text: str) -> Values | None:
    if (head := _TORCHTUNE_BAR.search(text)) is not None:
        values = fields.read(f"loss: {head['loss']}")
        bar = bars.find(text)
        if bar is not None:
            values = values.over(replace(_of_bar(bar, within=True), from_bar=False))
        epoch = float(head["epoch"]) - 1.0
        return replace(values, epoch=max(0.0, epoch), step=values.step if bar else int(head["step"]))
    return _some(fields.read(text)) if _TORCHTUNE_LINE.match(text) else None


# Lines of small loops in the manner of nanoGPT


_NANO = re.compile(r"\b(?:iter|step)[ :]{0,2}[ ]{0,6}\d{1,15}(?:/\d{1,15})?[ ]?(?::|\||\(|train_loss)", re.IGNORECASE)
_TIME_OF_ITER = re.compile(r"\btime (\d{1,12}(?:\.\d{1,9})?)ms|\| (\d{1,12}(?:\.\d{1,9})?) ms \|")


_OF_NANO = re.compile(r"\bmfu\b|\bval loss\b|train_time:|\btime \d[\d.]{0,20}ms|MFU")


def _is_nano(text: str) -> bool:
    return _OF_NANO.search(text) is not None and _nano(text) is not None


def _nano(text: str) -> Values | None:
    if _NANO.search(text) is None or "loss" not in text:
        return None
    values = fields.read(text)
    if evaluations.is_line(text):
        return evaluations.of_line(values)
    took = _TIME_OF_ITER.search(text)
    if took is not None and values.it_per_s is None and (millis := float(took[1] or took[2])) > 0:
        values = replace(values, it_per_s=1000.0 / millis)
    return _some(values)


# Ultralytics: a table of one line an epoch, whose columns of losses have no name


_ULTRALYTICS = re.compile(
    r"^[ ]{0,12}(?P<epoch>\d{1,6})/(?P<epochs>\d{1,6})[ ]{1,12}(?:\d{1,4}(?:\.\d{1,4})?[GM]|0G|N/A)"
    r"(?P<losses>(?:[ ]{1,14}(?:\d{1,9}\.\d{1,9}|nan|inf)){1,6})[ ]{1,14}\d{1,6}[ ]{1,14}\d{1,6}\b"
)


def _ultralytics(text: str) -> Values | None:
    match = _ULTRALYTICS.match(text)
    if match is None:
        return None
    total = sum(float(loss) for loss in match["losses"].split())
    values = replace(
        fields.values((fields.Found(fields.LOSS, total),)),
        epoch=float(match["epoch"]), epochs=float(match["epochs"]), counts_from=1,
    )  # fmt: skip
    bar = bars.find(text[match.end() :])
    return values if bar is None else values.over(replace(_of_bar(bar, within=True), from_bar=False))


# Keras


_KERAS_EPOCH = re.compile(r"^Epoch (\d{1,9})/(\d{1,9})$")


def _keras(text: str) -> Values | None:
    if (epoch := _KERAS_EPOCH.match(text.strip())) is not None:
        return Values(epoch=float(epoch[1]), epochs=float(epoch[2]), counts_from=1)
    bar = bars.keras(text)
    return None if bar is None else replace(_of_bar(bar, within=True), from_bar=False)


# What has no trainer's name


def _json(text: str) -> Values | None:
    begin = text.find("{")
    if begin < 0 or not text.rstrip().endswith("}"):
        return None
    try:
        record = convert(json.decode(text[begin:]), dict[str, object])
    except (ValueError, RecursionError):
        return None
    return _some(fields.values(entries(record)))


def entries(record: dict[str, object], depth: int = 2) -> list[fields.Found]:
    """The fields of an object, and of objects in it."""
    readings: list[fields.Found] = []
    for key, value in list(record.items())[:100]:
        name = key.lower().replace("-", "_").replace(" ", "_")
        if isinstance(value, dict) and depth > 1:
            inner = entries(value, depth - 1)
            readings += _of_eval(inner) if evaluations.names_one(key) else inner
        field = fields.FIELDS.get(name)
        if field is not None and (amount := _number_of(value)) is not None:
            readings.append(fields.Found(field, amount))
    return readings


def _of_eval(readings: list[fields.Found]) -> list[fields.Found]:
    """The loss of an evaluation is none of training, and its speed is none of the run."""
    losses = (each for each in readings if each.field in (fields.LOSS, fields.EVAL))
    return [each._replace(field=fields.EVAL) for each in losses]


def _number_of(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str):
        return scaled(str(value)) if len(str(value)) <= 40 else None
    return None


_IN_EPOCH = re.compile(
    r"\b[Ee]poch(?:\(train\))?:?[ \t]{0,4}\[?(?P<epoch>\d{1,9})(?:\][ \t]{0,4}\[|:?[ \t]{1,8}\[?)"
    r"[ \t]{0,8}(?P<n>\d{1,15})[ ]?/[ ]{0,4}(?P<total>\d{1,15})\b(?P<percent>\]?[ ]{0,2}\([ ]{0,2}\d[\d.]{0,9} ?%)?"
)
"""Steps in an epoch without their name, as the examples of PyTorch write them: Epoch: [3][ 45/450].

`percent`: what is counted are samples, of which a step has many: Epoch: 3 [640/60000 (1%)].
"""


def _plain_pairs(text: str) -> Values | None:
    """Any line with a loss, or with a step beside something else."""
    values = fields.read(text)
    if evaluations.is_line(text):
        return evaluations.of_line(values)
    if "poch" in text and (place := _IN_EPOCH.search(text)) is not None:
        values = _in_epoch(values, int(place["epoch"]), int(place["n"]), int(place["total"]), bool(place["percent"]))
    # Data are prepared in batches too.
    alone = Values(step=values.step), Values(step=values.step, total=values.total, within=True)
    has_more = values.step is not None and values not in alone
    return values if values.loss is not None or values.eval_loss is not None or values.not_finite or has_more else None


def _in_epoch(values: Values, epoch: int, done: int, total: int, samples: bool) -> Values:
    """With what is done of an epoch, in steps or in samples; of these, no number of steps follows."""
    if not samples:
        return replace(values, epoch=float(epoch), step=done, total=total, within=True)
    part = min(1.0, done / total) if total else 0.0
    return replace(values, epoch=epoch + part, counts_from=int(epoch >= 1))


def _pairs(text: str) -> Values | None:
    """The same, with the bar that it may be part of, or a bar alone."""
    values, bar = _plain_pairs(text), _bar(text)
    return values if bar is None else bar if values is None else bar.over(values)


def _bar(text: str) -> Values | None:
    bar = bars.find(text) or bars.endless(text)
    if bar is None:
        return None
    if bar.before.strip() and re.search(r"(?i)train|epoch|step|iter|loss", bar.before) is None:
        return None
    if evaluations.is_line(bar.before):
        return None
    values = fields.read(bar.before).over(_of_bar(bar, within="poch" in bar.before))
    return replace(values, step=bar.done, total=bar.total or None)


_OF_BAR = ("%|", "━")
_OF_DICT = ("{'", '{"', *_OF_BAR)
_OF_TRAINERS = (*_OF_DICT, "Num Epochs", "Total optimization steps")

PRESETS = (
    Preset("axolotl", "Axolotl", _trainer, _is_axolotl, least=1, parts=(*_OF_TRAINERS, "[axolotl.")),
    Preset("trainer", "Hugging Face Trainer", _trainer, _is_trainer, least=1, parts=_OF_TRAINERS),
    Preset("nemo", "NeMo", _nemo, lambda text: _nemo(text) is not None, parts=("Training epoch", "reduced_train_loss")),
    Preset("megatron", "Megatron", _megatron, lambda text: _megatron(text) is not None, parts=("iteration",)),
    Preset("torchtune", "torchtune", _torchtune, lambda text: _torchtune(text) is not None, parts=("|Loss: ", "Step ")),
    Preset("lightning", "Lightning", _lightning, _is_lightning, parts=_OF_BAR),
    Preset("ultralytics", "Ultralytics", _ultralytics, lambda text: _ultralytics(text) is not None, parts=("/",)),
    Preset("keras", "Keras", _keras, lambda text: bars.keras(text) is not None, parts=("/",)),
    Preset("json", "JSON lines", _json, lambda text: _json(text) is not None, parts=("{",)),
    Preset("nanogpt", "nanoGPT-like lines", _nano, _is_nano, parts=("loss",)),
    Preset("pairs", "key=value lines", _pairs, lambda text: _plain_pairs(text) is not None),
    Preset("bar", "progress bar", _bar, lambda text: _bar(text) is not None, least=3, parts=(*_OF_BAR, "it [")),
)
"""Of several that recognise the lines of a log, the first is detected: the particular before the general."""

NAMES = tuple(preset.name for preset in PRESETS)
BY_NAME = {preset.name: preset for preset in PRESETS}


def read_any(text: str) -> Values:
    """What any preset makes of a line."""
    for preset in PRESETS:
        if preset.may_read(text) and (values := preset.read(text)) is not None:
            return values
    return NOTHING
