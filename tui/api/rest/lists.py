"""Lists of REST v2: every page of them, or an error. A list of another shape is never "none"."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Raw

from tui.api.errors import CloudError, Malformed
from tui.api.http.body import LARGEST
from tui.api.models import PARTIAL, Problem
from tui.api.quantities import Reader
from tui.api.rest.exchange import Answer, Query, RestExchange
from tui.api.rest.wire import WirePage
from tui.api.values import NOT_UNDERSTOOD, reason

MOST_PAGES = 100
"""Pages of one list; RunPod's hold up to a thousand items. Together they are at most as large as one response."""

_LONGEST_CURSOR = 2048

_fields = Reader[dict[str, Raw]](dict[str, Raw])
_items = Reader[list[Raw]](list[Raw])
_page = Reader[WirePage | None](WirePage | None)


class Items(NamedTuple):
    """The items of a list, undecoded. `problems` says if it has more pages than were read."""

    items: list[Raw]
    problems: tuple[Problem, ...] = ()

    @property
    def is_cut(self) -> bool:
        return bool(self.problems)


class Page(NamedTuple):
    """One response: its items, and the cursor of the next page; None at the end."""

    items: list[Raw]
    cursor: str | None


async def read_list(exchange: RestExchange, operation: str, name: str, *path: str, query: Query | None = None) -> Items:
    """All items of a list, of which a response holds one page as `name`. Raises CloudError.

    A page may be short, or empty, while more follow; the server says whether they do.
    """
    items: list[Raw] = []
    size = pages = 0
    seen: set[str] = set()
    asked = dict(query or {})
    while pages < MOST_PAGES and size < LARGEST:
        answer = await exchange.read(operation, *path, query=asked)
        page = read_page(answer, name)
        items += page.items
        pages += 1
        size += memoryview(answer.content).nbytes
        if page.cursor is None:
            return Items(items)
        if page.cursor in seen:
            raise answer.malformed(f"RunPod's list of {name} does not end: it repeats a page")
        seen.add(page.cursor)
        asked["cursor"] = page.cursor
    return Items(items, (Problem(f"more than {pages} pages of {name}, {len(items):,} shown", code=PARTIAL),))


def read_page(answer: Answer, name: str) -> Page:
    """One page of a list. Raises Malformed where it has no such list, or more that cannot be read."""
    error: CloudError
    try:
        fields = _fields.decode(answer.content)
        if name in fields:
            page = _page.decode(fields["pagination"]) if "pagination" in fields else None
            return Page(_items.decode(fields[name]), _cursor(answer, name, page))
        error = answer.malformed(f"RunPod's response has no list of {name}")
    except Malformed as flaw:
        error = flaw
    except NOT_UNDERSTOOD as flaw:
        error = answer.malformed(f"RunPod returned an invalid list of {name}: {reason(flaw)}")
    try:
        raise error.with_traceback(None)
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del error


def _cursor(answer: Answer, name: str, page: WirePage | None) -> str | None:
    if page is None or page.has_next_page is False:
        return None
    if page.next_cursor and len(page.next_cursor) < _LONGEST_CURSOR:
        return page.next_cursor
    if page.has_next_page:
        raise answer.malformed(f"RunPod's list of {name} continues, and podtop cannot read the rest")
    return None
