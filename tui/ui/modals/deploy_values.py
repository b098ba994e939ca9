"""The data of the deploy form, and its result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain import deploy_validation
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_price import Price

if TYPE_CHECKING:
    from tui.api.account import Templates
    from tui.api.features import Feature
    from tui.api.models import Funds, Offer


class Answer(Struct, frozen=True):
    """The order, and the price that was shown for it."""

    draft: Draft
    price: Price


class Sources(Struct, frozen=True):
    """The live data of the form.

    offers, funds: the market's and the account's last responses.
    names:     of the existing pods.
    templates: of the account, requested when the field is entered; raises CloudError.
    clock:     the current time.
    save:      saves a draft.
    lacks:     what the API does not offer of the account.
    is_cut:    whether there are more GPU types than the offers.
    unoffered: the faults of a draft that asks for what the API does not offer, by the name of the field.
    """

    offers: Callable[[], tuple[Offer, ...]]
    funds: Callable[[], Funds | None]
    names: Callable[[], frozenset[str]]
    templates: Callable[[], Awaitable[Templates]]
    clock: Callable[[], float]
    save: Callable[[Draft], None]
    tz: tzinfo | None
    lacks: Callable[[], frozenset[Feature]] = frozenset
    unoffered: Callable[[Draft], Mapping[str, str]] = lambda draft: {}
    is_cut: Callable[[], bool] = lambda: False

    def faults(self, draft: Draft) -> dict[str, str]:
        """What is wrong with a draft, by the name of the field."""
        faults = deploy_validation.faults(draft, self.offers(), self.names(), self.clock(), self.tz)
        if self.is_cut() and faults.get("gpu_type_id") == deploy_validation.NO_SUCH_GPU:
            faults["gpu_type_id"] = deploy_validation.NOT_READ
        return faults
