"""The compiled fusion against its twin in numpy, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.index.keys import NUMBER_BITS
from jeugdzoek.search import kernel
from jeugdzoek.search.backend import MODES, Candidates, Mode
from jeugdzoek.search.fusion import FusionSettings, fuse, fuse_in_numpy
from jeugdzoek.search.subjects import Subject

pytestmark = pytest.mark.skipif(kernel.COMPILED is None, reason="built without a C compiler")

# few different scores, so that there are many ties
one = st.tuples(
    st.integers(0, 3), st.sampled_from([0.0, 0.5, 0.7, 9.25]), st.sampled_from([-0.25, -0.0, 0.0, 0.3, 0.35, 0.9])
)


@settings(max_examples=300, deadline=None)
@given(st.lists(one, max_size=300), st.sampled_from([0.0, 10.3]), st.floats(0, 1), st.sampled_from(MODES))
def test_the_order_is_that_of_numpy_to_the_last_bit(
    drawn: list[tuple[int, float, float]], ceiling: float, matched: float, mode: Mode
) -> None:
    drawn.sort(key=lambda candidate: candidate[0])
    keys = np.array([report << NUMBER_BITS | number for number, (report, _, _) in enumerate(drawn)], dtype=np.int64)
    keyword, semantic = (np.array([each[half] for each in drawn], dtype=np.float32) for half in (1, 2))
    found = Candidates(keys, keyword, semantic, ceiling, len(keys), subjects=(Subject("huis", 2.0, matched),))
    fast, slow = fuse(found, mode, FusionSettings()), fuse_in_numpy(found, mode, FusionSettings())
    assert fast.scores.tolist() == slow.scores.tolist()
    assert fast.order.tolist() == slow.order.tolist()


@pytest.mark.parametrize("argument", range(9))
def test_scores_of_other_sizes_or_kinds_are_refused(argument: int) -> None:
    assert kernel.COMPILED is not None
    half, places = np.zeros(2, dtype=np.float32), np.zeros(2, dtype=np.int64)
    good = [half, half, places, 1.0, 0.3, 0.04, 0.25, np.zeros(2), places]
    kernel.COMPILED.fuse(*good)
    bad = "x" if 3 <= argument <= 6 else np.zeros(3, dtype=good[argument].dtype)  # type: ignore[union-attr]
    with pytest.raises((TypeError, ValueError)):
        kernel.COMPILED.fuse(*good[:argument], bad, *good[argument + 1 :])
    with pytest.raises(TypeError):
        kernel.COMPILED.fuse(*good[:argument])
