"""What the form of a deploy looks at, and what it ends with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.deploy_draft import Draft
from tui.domain.deploy_price import Price

if TYPE_CHECKING:
    from tui.api.account import Template
    from tui.api.models import Funds, Offer


class Answer(Struct, frozen=True):
    """What is to be ordered, and the price that was shown for it."""

    draft: Draft
    price: Price


class Sources(Struct, frozen=True):
    """What the form looks at, live.

    offers, funds: the market's and the account's last answers.
    names:     of the pods there are.
    templates: of the account, asked for when the field is entered; raises CloudError.
    clock:     now.
    save:      keeps a draft.
    """

    offers: Callable[[], tuple[Offer, ...]]
    funds: Callable[[], Funds | None]
    names: Callable[[], frozenset[str]]
    templates: Callable[[], Awaitable[tuple[Template, ...]]]
    clock: Callable[[], float]
    save: Callable[[Draft], None]
    tz: tzinfo | None
