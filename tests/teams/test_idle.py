"""How long pods were idle, as the engines have it from those who watched them."""

from __future__ import annotations

from tests.servers import Engine
from tests.teams.conftest import END
from tui.history.remote import RemoteHistory


async def test_an_engine_knows_for_how_long_a_pod_was_idle(engine: Engine) -> None:
    history = RemoteHistory(engine.url)
    try:
        found = await history.idle({"idle", "busy", "boots", 'no"such\\.pod'}, END)
        assert await history.idle((), END) == {}
        # Long after the last sample nothing is known.
        assert await history.idle({"idle"}, END + 600) == {}
    finally:
        await history.close()
    # No longer than its container is up.
    assert found == {"idle": 3600.0}
