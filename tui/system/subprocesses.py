"""Programs that podtop starts: what of its environment they get."""

from __future__ import annotations

from collections.abc import Mapping

from tui.config.loader import NOTHING, Hidden

_WITHIN = 6
"""Characters of a secret that is looked for inside of values: a shorter one is in many by chance."""


def without_keys(environ: Mapping[str, str], hidden: Hidden = NOTHING) -> dict[str, str]:
    """The environment of every program that podtop starts.

    Without variables that hold a key by their name, and without those that hold one of podtop's secrets, or another
    RunPod key, by their value.
    """
    return {name: value for name, value in environ.items() if not _is_secret(name, value, hidden)}


def _is_secret(name: str, value: str, hidden: Hidden) -> bool:
    if "API_KEY" in name.upper() or name in hidden.names or "rpa_" in value:
        return True
    secrets = (secret.reveal() for secret in hidden.secrets)
    return any(secret in value if len(secret) >= _WITHIN else secret == value for secret in secrets if secret)
