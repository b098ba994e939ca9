"""Who may import whom: proven by importing in a fresh interpreter and looking at what came along."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tui

PACKAGE = Path(tui.__file__).parent
SCREEN = {"textual", "rich", "plotext"}
HTTP = {"httpx", "httpcore", "h11"}
SERVER = {"graphql", "uvicorn"}


def modules(*parts: str) -> list[str]:
    """Names of the modules below these folders or files of the package."""
    found = []
    for part in parts:
        path = PACKAGE / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = ".".join(("tui", *file.relative_to(PACKAGE).with_suffix("").parts))
            found.append(name.removesuffix(".__init__"))
    return found


def loaded_with(names: list[str]) -> set[str]:
    """The modules in memory after importing these."""
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(*(name for name, module in sys.modules.items() if module is not None))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


OUTSIDE_UI = [
    path.name
    for path in sorted(PACKAGE.iterdir())
    if (path.suffix == ".py" or path.is_dir())
    and path.name not in ("ui", "app.py", "__main__.py", "styles", "__pycache__")
]


@pytest.mark.wide
def test_nothing_outside_the_ui_knows_the_screen() -> None:
    assert not imported_with(modules(*OUTSIDE_UI)) & SCREEN


def test_the_store_knows_no_http_and_no_server() -> None:
    assert not imported_with(modules("store")) & (HTTP | SERVER | SCREEN)


def test_the_api_knows_no_server() -> None:
    assert not imported_with(modules("api")) & SERVER


def test_the_first_frame_needs_no_http_no_server_and_no_charts() -> None:
    assert not imported_with(["tui.app"]) & (HTTP | SERVER | {"plotext"})


LATER = {
    "argparse", "hashlib", "plotext", "statistics", "tui.api.cloud", "tui.api.errors", "tui.commands.parser",
    "tui.domain.costs", "tui.domain.events", "tui.domain.offered", "tui.files.reading", "tui.services.barrier",
    "tui.services.duties", "tui.services.notifications", "tui.storage.app_log", "tui.store.price_history",
    "tui.store.record_of", "tui.store.run_signals", "tui.store.series", "tui.store.views.gpu_map",
    "tui.store.views.offer_rows", "tui.store.views.pod_lines", "tui.store.windows", "tui.ui.charts",
    "tui.ui.controllers.deploys", "tui.ui.controllers.market_watches", "tui.ui.render.facts",
    "tui.ui.render.gpu_blocks", "tui.ui.render.rows", "tui.ui.screens.fleet_gpus", "tui.ui.widgets.filter_input",
    "tui.ui.widgets.gpu_map",
}  # fmt: skip
"""What a frame without pods does not need. A module costs the start about 0.3 ms."""


def test_the_first_screen_loads_what_its_first_frame_shows_and_no_more() -> None:
    loaded = loaded_with(["tui.cli", "tui.app", "tui.ui.screens.fleet"])
    assert not loaded & (HTTP | SERVER | LATER)
    assert sum(name.partition(".")[0] == "tui" for name in loaded) <= 138


def test_the_command_line_answers_without_the_screen() -> None:
    assert not imported_with(["tui.cli"]) & (SCREEN | HTTP | SERVER)


def imported_with(names: list[str]) -> set[str]:
    """The top-level packages in memory after importing these modules."""
    return {name.partition(".")[0] for name in loaded_with(names)}


def source_of(name: str) -> str:
    path = PACKAGE / Path(*name.split(".")[1:])
    return (path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py").read_text()


def test_rules_and_the_store_have_no_clock_of_their_own() -> None:
    for name in modules("domain", "store"):
        assert "import time" not in source_of(name), name
        assert ".now(" not in source_of(name), name


def test_only_the_api_and_the_demo_know_graphql() -> None:
    """Above them one line of the wiring names it, beside the address of RunPod's API and what is said of that."""
    within = {"api", "demo"}
    named = {
        "tui.wiring": "chooses the backend",
        "tui.config.settings": "the address, and its help",
        "tui.config.value_types": "an example of the address",
        "tui.commands.flags": "the help of --api-url",
        "tui.commands.simulate": "the address of the simulated API",
        "tui.commands.arguments": "the flag of the simulator that retires it",
        "tui.commands.parser": "its example",
        "tui.cli": "passes that flag on",
        "tui.domain.retirement": "what the user hears of its end",
    }
    rooms = [path.name for path in sorted(PACKAGE.iterdir()) if path.suffix == ".py" or (path / "__init__.py").exists()]
    found = {
        name
        for name in modules(*(room for room in rooms if room not in within))
        if "graphql" in source_of(name).lower()
    }
    assert found == set(named)


def test_killing_locking_and_replacing_files_are_done_in_one_place_each() -> None:
    homes = {
        "killpg(": "tui.system.subprocesses",
        "flock(file": "tui.files.file_lock",
        ".replace(path)": "tui.files.atomic",
    }
    for call, home in homes.items():
        assert [name for name in modules(".") if call in source_of(name)] == [home], call


def test_the_map_names_every_folder_and_nothing_that_is_not_there() -> None:
    text = (PACKAGE / "README.md").read_text("utf-8")
    bases = (PACKAGE, PACKAGE / "ui", PACKAGE / "commands", PACKAGE / "history", PACKAGE / "services", PACKAGE.parent)
    named = set(re.findall(r"`([\w./-]+(?:\.\w+|/))`", text)) - {"pyproject.toml"}
    assert len(named) > 100
    paths = {name for name in named if "/" in name or name.endswith(".py")}
    assert not {path for path in paths if not any((base / path).exists() for base in bases)}
    folders = [file.parent for file in PACKAGE.rglob("__init__.py") if file.parent != PACKAGE]
    assert not [folder for folder in folders if f"{folder.name}/" not in text]


def test_what_stands_at_the_root_is_the_program_and_nothing_else() -> None:
    """What has a room is in it: entry, command line, app, action table, clocks and turns have none."""
    assert len(list(PACKAGE.glob("*.py"))) <= 8


@pytest.mark.wide
def test_the_rooms_import_downwards_and_never_in_a_circle() -> None:
    """By the contracts in pyproject.toml, type hints and imports in functions included."""
    # In a process of its own: it sets up logging for the one that it runs in.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
