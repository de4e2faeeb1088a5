"""What an edition may show, cut where a mail is full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.select import Variant
from newsletter.model.edition import Form
from newsletter.pipeline.layout import Entries
from tests.digests import new_post, trial_update


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9))
def test_posts_are_cut_and_trial_updates_never(trials: int, posts: int, room: int) -> None:
    entries = Entries(
        items=tuple(map(new_post, range(posts))),
        trials=tuple(trial_update(f"NCT{number:08}") for number in range(trials)),
    )
    shown = entries.posts(room)
    assert shown.trials == entries.trials
    assert shown.items == entries.items[:room]


def test_a_variant_has_the_entries_of_its_topics() -> None:
    entries = Entries(
        items=(new_post(1, topics=("news",)), new_post(2)),
        trials=(trial_update(topics=("trials",)), trial_update("NCT00000002")),
    )
    shown = entries.of(Variant(topics=("trials",), form=Form.NORMAL))
    assert shown == Entries(items=(entries.items[1],), trials=entries.trials)
