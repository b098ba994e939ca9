"""Whether steps count in the whole run or within an epoch, where a line gives the last of both: it does not say so."""

from __future__ import annotations

from tui.domain.signals.values import Values

_SLACK = 0.05
"""Epochs by which steps of the run may differ from their epoch: a line is written a little before or after its end."""

_FIRST_IS_KNOWN = 0.55
"""Epochs by which steps of the run are ahead of an epoch that counts from 0, or behind one that counts from 1, at some
time; never if it is rounded."""

_CONTRADICTS = 0.3
"""Epochs by which they are then never on the other side."""


def _ahead(step: int, total: int, epoch: float, epochs: float) -> float:
    """How many epochs more the steps are than the epoch says, if they are of the run: of one that counts from 0 the
    part of it that is done, of one that counts from 1 one less."""
    return step / total * epochs - epoch


def contradict(step: int | None, total: int | None, epoch: float | None, epochs: float | None) -> bool:
    """Whether steps cannot be of the run: so they are of their epoch. Whether epochs count from 0 or 1 is unknown."""
    if step is None or not total or epoch is None or not epochs or epochs <= 1:
        return False
    return abs(_ahead(step, total, epoch, epochs)) > 1.0 + _SLACK


class EpochCount:
    """Finds out from several lines what one alone may leave open, as in the first epochs of few.

    from_zero: whether an epoch below 1 was seen: the first is then number 0, also where later lines say 1/10.
    """

    def __init__(self) -> None:
        self.from_zero = False
        self._epochs: float | None = None
        self._of: tuple[int, float] | None = None
        self._first: int | None = None

    def see(self, values: Values) -> None:
        """Take note of from which number a line's epoch counts. Of other epochs, it says nothing."""
        if values.epochs is not None and values.epochs != self._epochs:
            self.from_zero = self.from_zero and self._epochs is None
            self._epochs = values.epochs
        if values.epoch is not None and values.epoch < 1:
            self.from_zero = True

    def contradicts(self, values: Values) -> bool:
        """Whether the steps of a line are of their epoch, after what those before it said."""
        step, total, epoch, epochs = values.step, values.total, values.epoch, values.epochs
        if values.within or step is None or not total or epoch is None or not epochs or epochs <= 1:
            return False
        if (total, epochs) != self._of:
            self._of, self._first = (total, epochs), None
        ahead = _ahead(step, total, epoch, epochs)
        if self._first is None and abs(ahead) > _FIRST_IS_KNOWN:
            self._first = int(ahead < 0)
        return ahead > _CONTRADICTS if self._first == 1 else ahead < -_CONTRADICTS if self._first == 0 else False
