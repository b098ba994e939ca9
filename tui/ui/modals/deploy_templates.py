"""`NamedTemplates`: the account's templates by their names, as the deploy form requests and uses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tui.api.errors import CloudError

if TYPE_CHECKING:
    from tui.api.account import Template, Templates


class NamedTemplates:
    """Requested once, when their field is entered; again after a failure.

    ask: requests them; raises CloudError.
    """

    def __init__(self, ask: Callable[[], Awaitable[Templates]]) -> None:
        self._ask = ask
        self._by_name: dict[str, Template] | None = None
        self.loading = False
        """Meanwhile a name and an id look the same."""

    def begin(self) -> bool:
        """Whether they are to be loaded now: they are not there, and nobody loads them."""
        if self._by_name is not None:
            return False
        self._by_name, self.loading = {}, True
        return True

    async def load(self) -> str:
        """Load them; returns a message for the user."""
        try:
            listed = await self._ask()
        except CloudError as error:
            self._by_name = None
            return f"▲ no templates: {error}"
        else:
            self._by_name = {each.name: each for each in listed.templates if each.name and not each.serverless}
            names = ", ".join(self.names or ())
            # Before the names, of which there are many then.
            part = "".join(f"▲ {problem.message}; enter the ID of another. " for problem in listed.problems[:1])
            return f"{part}Your templates: {names}" if names else part or "You have no templates; enter an ID."
        finally:
            self.loading = False

    @property
    def names(self) -> list[str] | None:
        """Their names in order; None while they are not known."""
        return None if self._by_name is None else sorted(self._by_name)

    def named(self, text: str) -> Template | None:
        """The one of this name."""
        return (self._by_name or {}).get(text.strip())
