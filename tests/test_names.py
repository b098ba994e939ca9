"""Names that were retired for the field's own: a reader who greps for the term lands in the room that does it."""

from __future__ import annotations

import ast
import re

import pytest

from tests.source_trees import PACKAGE, SOURCE, modules, nodes

pytestmark = SOURCE

RETIRED = {
    "Watch": "Monitor", "Lookout": "WatchRunner", "Enforcer": "LeaseRunner", "Performer": "Executor",
    "Guard": "ActionLock", "Kept": "Preferences", "Note": "UserMessage", "Notice": "EmptyState",
    "Alarm": "Notification", "Hooks": "Notifier", "Player": "Playback", "Chronicle": "AlertTracker",
    "Bookkeeper": "spend_loader", "Books": "SpendHistory", "Inspector": "PodInspector", "Inspection": "PodInspection",
    "Demand": "MarketQuery", "Places": "DataCenters", "GpuSheet": "GpuSpec", "Stretch": "Samples",
    "Acts": "PodActions", "Reach": "Connect", "Hush": "TypeaheadGuard", "Sight": "ScreenContext",
    "TimedScreen": "BaseScreen", "Agree": "QuestionDialog", "Pace": "FramePacer", "Shadow": "CellBuffer",
    "Unplugged": "OfflineCloud", "Vigil": "MarketWatch", "Vigils": "WatchFile", "Watching": "WatchController",
    "Deed": "Operation", "Ending": "Status", "ShelfError": "StoreError", "LedgerError": "AuditLogError",
    "Leases": "LeaseFile",
}  # fmt: skip
"""Names of classes, and what they are called."""

ROOMS = {
    "bookkeeper", "chronicle", "deeds", "guard", "hooks", "journal", "kept", "ledger", "lookout", "outlook",
    "performer",
    "player", "scripts", "settings", "shelf", "vigil", "belongings", "ladder", "unplugged", "purse", "owned", "charged",
    "hush", "acts", "reach", "agree", "timed",
}  # fmt: skip
"""Names of modules and folders."""


@pytest.mark.wide
def test_no_class_has_a_retired_name() -> None:
    for path in modules():
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                new = RETIRED.get(node.name)
                assert new is None, f"{path.relative_to(PACKAGE)}: {node.name} is called {new}"


@pytest.mark.wide
def test_no_room_has_a_retired_name() -> None:
    for path in modules():
        for name in (*path.relative_to(PACKAGE).parts[:-1], path.stem):
            assert name not in ROOMS or path.name == "settings.py", path.relative_to(PACKAGE)


PRIVATE = {"found", "made", "told", "said", "kept", "words", "every", "one", "more"}
"""Words that stood for anything in functions: a value has the name of what it is."""

PLAIN = {
    ("log_lines.py", "more"), ("driver.py", "told"), ("key_hints.py", "words"), ("deploy.py", "kept"),
    ("price_history.py", "said"),
}  # fmt: skip
"""Where such a word is the plain one: fields of a line, words instead of signs, a draft that was kept."""


@pytest.mark.wide
def test_no_value_in_a_function_has_a_private_name() -> None:
    for path in modules():
        for function in nodes(path):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            for node in ast.walk(function):
                name = node.arg if isinstance(node, ast.arg) else ""
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    name = node.id
                assert name not in PRIVATE or (path.name, name) in PLAIN, f"{path.relative_to(PACKAGE)}: {name}"


OLD_ENGLISH = re.compile(
    r"\b(tell|tells|told|telling|asked for|is to be had|by itself|anew|at the least|sees to|so many|so much|meanwhile"
    r"|deeds?|vigils?|lookout|performer)\b"
)
"""Words of docstrings that have a plain one: show, report, poll, automatically, again, at least, operation, watch."""

RIGHT = re.compile(r"\btell\w* \w+ (apart|from)|\btell\w* apart|\btold apart|^ *(tell|anew|told): ", re.M)
"""Where such a word is the right one: what differs is told apart, and parameters are named."""


@pytest.mark.wide
def test_docstrings_are_plain_english() -> None:
    for path in modules():
        if path.name == "settings.py":
            # Their docstrings are printed for users.
            continue
        for node in nodes(path):
            text = ""
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node, clean=False) or ""
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                text = node.value.value if isinstance(node.value.value, str) else ""
            found = OLD_ENGLISH.search(RIGHT.sub("", text))
            assert found is None, f"{path.relative_to(PACKAGE)}: {found and found[0]!r} in {text[:120]!r}"
