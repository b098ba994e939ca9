"""`OfflineCloud`: a `Cloud` that refuses everything, for a recording that is watched without RunPod."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tui.api.errors import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.api.account import Account, Billing, Ledger, Profile, Readmes, Templates
    from tui.api.catalogue import CpuFlavor, GpuSpec
    from tui.api.errors import CloudError
    from tui.api.hosts import CpuType, Hosts
    from tui.api.models import DataCenters, Market, MarketQuery, Snapshot
    from tui.api.orders import DeployOrder, Receipt, RentOrder
    from tui.api.pod_detail import PodDetail, PodExtras


def _refuse() -> NoReturn:
    raise ReadOnly("This is a recording of the past: podtop is not connected to RunPod, and sends nothing.")


class OfflineCloud:
    """Refuses everything."""

    async def fleet(self) -> Snapshot:
        _refuse()

    async def offers(self) -> Market:
        _refuse()

    async def markets(self, demands: Sequence[MarketQuery]) -> tuple[Market | CloudError, ...]:
        _refuse()

    async def places(self) -> DataCenters:
        _refuse()

    async def pod(self, pod_id: str) -> PodDetail | None:
        _refuse()

    async def pod_extras(self, pod_id: str) -> PodExtras | None:
        _refuse()

    async def gpu_sheets(self) -> tuple[GpuSpec, ...]:
        _refuse()

    async def cpu_flavors(self) -> tuple[CpuFlavor, ...]:
        _refuse()

    async def countries(self) -> tuple[str, ...]:
        _refuse()

    async def account(self) -> Account:
        _refuse()

    async def ledger(self) -> Ledger:
        _refuse()

    async def templates(self) -> Templates:
        _refuse()

    async def readmes(self) -> Readmes:
        _refuse()

    async def billing(self) -> Billing:
        _refuse()

    async def profile(self) -> Profile:
        _refuse()

    async def hosts(self) -> Hosts:
        _refuse()

    async def cpu_types(self) -> tuple[CpuType, ...]:
        _refuse()

    async def stop(self, pod_id: str) -> Receipt:
        _refuse()

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Receipt:
        _refuse()

    async def bid_resume(self, pod_id: str, gpu_count: int, bid_per_gpu: float) -> Receipt:
        _refuse()

    async def terminate(self, pod_id: str) -> None:
        _refuse()

    async def deploy(self, order: DeployOrder) -> Receipt:
        _refuse()

    async def rent(self, order: RentOrder) -> Receipt:
        _refuse()

    def listen(self, sent: Callable[[], object]) -> None:
        """Nothing leaves."""

    async def aclose(self) -> None:
        """There is nothing to close."""
