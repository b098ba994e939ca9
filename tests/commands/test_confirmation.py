"""Which pods are meant: ids and names, and never one for another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.commands.confirmation import Refused, find
from tui.commands.exit_codes import Exit

WORD = st.sampled_from(["a", "b", "c", "d"])


def test_a_word_that_is_one_pods_id_and_anothers_name_is_refused_with_both() -> None:
    with pytest.raises(Refused) as refused:
        find(["abc"], {"abc": "train", "xyz": "abc"})
    assert refused.value.code is Exit.USAGE
    for word in ("abc", "train", "xyz", "Nothing was sent"):
        assert word in str(refused.value)


def test_a_pod_that_is_named_by_its_own_id_is_not_ambiguous() -> None:
    assert find(["abc"], {"abc": "abc", "xyz": "train"}) == ("abc",)


@given(st.lists(WORD, min_size=1), st.dictionaries(WORD, WORD))
@settings(deadline=None)
def test_whatever_is_found_is_the_only_pod_that_the_word_can_mean(wanted: list[str], names: dict[str, str]) -> None:
    meant = [{id for id, name in names.items() if word in (id, name)} for word in wanted]
    if all(len(one) == 1 for one in meant):
        assert set(find(wanted, names)) == set.union(*meant)
    else:
        with pytest.raises(Refused):
            find(wanted, names)
