"""Where things are: the styles, and the user's directories as XDG (or the platform) has them."""

from __future__ import annotations

from pathlib import Path, PurePath

PACKAGE = Path(__file__).parent


def styles_dir() -> Path:
    """The style sheets: inside the package when installed, beside it in a checkout."""
    return next(p for p in (PACKAGE / "styles", PACKAGE.parent / "styles") if p.is_dir())


def styles(*names: str) -> list[str | PurePath]:
    """Paths of style sheets, by their names."""
    return [str(styles_dir() / f"{name}.tcss") for name in names]


def config_file() -> Path:
    """podtop's `config.toml`. It need not exist."""
    from platformdirs import user_config_path

    return user_config_path("podtop") / "config.toml"


def runpod_config_file() -> Path:
    """The file in which RunPod's own tools keep the key."""
    return Path.home() / ".runpod" / "config.toml"


def state_dir() -> Path:
    """The directory of the log. It need not exist."""
    from platformdirs import user_state_path

    return user_state_path("podtop")
