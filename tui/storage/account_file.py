"""`AccountFile`: which account was used last at a host, on disk. It holds no key, and nothing made from one."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from tui.storage.json_store import JsonStore


class KnownAccount(Struct, frozen=True):
    """The account that podtop used last, at one host and in one profile.

    id:      as RunPod reports it, or podtop's own where RunPod does not.
    at:      when that was, in epoch seconds.
    aliases: what another API reports for the same account.
    settled: whether the user said that an account which is not reported is this one.
    own:     the id that stands for an account of which the user has not said whether it is this one.
    """

    id: str
    at: float
    aliases: tuple[str, ...] = ()
    settled: bool = False
    own: str = ""


class AccountFile(JsonStore[KnownAccount]):
    """Accounts by host and profile. Methods block, for milliseconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, KnownAccount, "accounts", "podtop asks again which account this is")
