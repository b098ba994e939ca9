"""The list of one pod's GPUs: a row for each, at the top of the Pod screen."""

from __future__ import annotations

from tui.format import numbers as fmt
from tui.store.views import gpu_map
from tui.store.views.attention import worst
from tui.store.views.pods import gpu_name
from tui.ui.context import ScreenContext
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import gpus
from tui.ui.render.attention import SIGN
from tui.ui.screens.listing import Rows, Scene
from tui.ui.screens.pod_listing import PodListing
from tui.ui.widgets.table import Cells

_NARROW = 60
_BESIDE = 23
"""Cells of a title beside the name of the pod: its border, its own name, a price of three digits."""


class Gpus(PodListing):
    """What each GPU of one pod does; the pod's worst alert stands below them, unless the screen shows it."""

    name = "gpus"
    title = "GPUs"
    columns = gpus.columns(0)

    def __init__(self, context: ScreenContext, pod: str) -> None:
        super().__init__(context, pod)
        self.notes_alert = True

    def rows(self, scene: Scene) -> Rows:
        fleet = scene.fleet
        of_pod = gpu_map.gpus(fleet, self._pod, scene.now, gpus.SPARK if scene.width_of("spark") else 0)
        by_key = {str(gpu.index): gpu for gpu in of_pod}
        widths = {key: scene.width_of(key) for key in ("util", "vram")}
        record, alert = fleet.records.get(self._pod), worst(fleet).get(self._pod)
        name = (record.name if record is not None else "") or self._pod
        kind = gpu_name(record) if record is not None else ""
        cost = record.pod.cost_per_hr if record is not None and record.pod is not None else None
        price = (f"{fmt.money(cost)}/h",) if cost is not None else ()

        # In a narrow terminal what it costs is worth more than what the tabs and the rows say.
        whole = (name, gpus.number_of(len(by_key), kind), *price)
        notes = whole if scene.width >= _NARROW else (fmt.clip(name, scene.width - _BESIDE), *price)

        def cells(key: str) -> Cells:
            return gpus.cells(by_key[key], widths, fleet.lacks)

        return Rows(
            tuple(by_key), cells, len(by_key), EmptyState("No GPU is rented now" if record is not None else ""),
            notes=notes if by_key else (name,),
            note=f"{SIGN} {alert.text}" if self.notes_alert and alert is not None and not alert.muted else "",
            faded=fleet.pods_stale(scene.now), columns=gpus.columns(scene.width),
        )  # fmt: skip

    def targets(self, key: str | None) -> tuple[str, ...]:
        return (self._pod,)

    def watch(self, key: str | None) -> None:
        self.context.watches.pod(self._pod)
