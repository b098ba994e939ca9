"""What is looked for first in a line leaves out no line that a pattern would find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.domain.signals import troubles


@pytest.mark.wide
@settings(max_examples=300)
@given(st.data())
def test_a_line_that_a_pattern_matches_is_found(data: st.DataObject) -> None:
    kind, signs = data.draw(st.sampled_from(troubles._SIGNS))
    line = data.draw(st.from_regex(signs))
    # Another trouble may stand in the same line: the particular one comes first.
    assert troubles.trouble(line) is not None, kind
    ended = data.draw(st.from_regex(troubles._ENDED))
    assert troubles.is_end(ended)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Training process finished with exit code 1", troubles.Trouble.CRASH),
        ("Training completed with return code: -9", troubles.Trouble.CRASH),
        ("training job exited with code 2", troubles.Trouble.CRASH),
        ("Training finished with exit code 137", troubles.Trouble.HOST_OOM),
        ("Training process finished with exit code 0", None),
        ("Training completed with return code: 0", None),
    ],
)
def test_training_that_failed_is_a_trouble_and_no_end(text: str, kind: troubles.Trouble | None) -> None:
    assert troubles.trouble(text) == kind
    assert troubles.is_end(text) == (kind is None)
