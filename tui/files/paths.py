"""Paths: the style sheets, and the user's directories according to XDG (or the platform)."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

PACKAGE = Path(__file__).parents[1]

CONFIG_VARIABLE = "PODTOP_CONFIG"
"""The environment variable that names the configuration file; --config sets it, so that it holds for all that ask."""


def styles_dir() -> Path:
    """The directory of the style sheets: inside the package when installed, beside it in a checkout."""
    return next(p for p in (PACKAGE / "styles", PACKAGE.parent / "styles") if p.is_dir())


def styles(*names: str) -> list[str | PurePath]:
    """Paths of style sheets by name."""
    return [str(styles_dir() / f"{name}.tcss") for name in names]


def settle() -> None:
    """Set the environment's user directories as everything that reads them expects: absolute, and not empty.

    If the home directory is unknown, as for a user id without a name, it is `/`, as in containers.
    """
    if not os.environ.get("HOME", "").startswith("/"):
        os.environ["HOME"] = _home_of_user()
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        # The XDG base directory specification: all paths must be absolute, others must be ignored.
        if not os.environ.get(name, "/").startswith("/"):
            del os.environ[name]


def _home_of_user() -> str:
    import pwd

    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"
    return home if home.startswith("/") else "/"


def expanded(name: str) -> Path:
    """A path as a user types it, with `~` and `~name` expanded; unknown names stay, and so name a nonexistent file.

    `Path.expanduser` raises for them.
    """
    return Path(os.path.expanduser(name))  # noqa: PTH111


def config_file() -> Path:
    """podtop's `config.toml`, or the file that --config or PODTOP_CONFIG names. It may not exist."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return expanded(named)
    from platformdirs import user_config_path

    return user_config_path("podtop") / "config.toml"


def runpod_config_file() -> Path:
    """The file in which RunPod's own tools store the API key."""
    return Path.home() / ".runpod" / "config.toml"


def state_dir() -> Path:
    """The directory of the application log. It may not exist."""
    from platformdirs import user_state_path

    return user_state_path("podtop")
