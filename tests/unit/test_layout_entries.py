"""What an edition may show, cut where a mail is full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.select import Variant
from newsletter.model.edition import Form
from newsletter.pipeline.layout import Entries
from tests.digests import new_post, trial_update


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 14))
def test_what_fits_and_what_comes_next_are_all_there_is_in_its_order(
    trials: int, posts: int, room: int
) -> None:
    entries = Entries(
        items=tuple(map(new_post, range(posts))),
        trials=tuple(trial_update(f"NCT{number:08}") for number in range(trials)),
    )
    shown, rest = entries.first(room), entries.after(room)
    assert len(shown) == min(room, trials + posts)
    assert shown.trials + rest.trials == entries.trials
    assert shown.items + rest.items == entries.items
    assert not (rest.trials and shown.items)


def test_a_variant_has_the_entries_of_its_topics() -> None:
    entries = Entries(
        items=(new_post(1, topics=("news",)), new_post(2)),
        trials=(trial_update(topics=("trials",)), trial_update("NCT00000002")),
    )
    shown = entries.of(Variant(topics=("trials",), form=Form.NORMAL))
    assert shown == Entries(items=(entries.items[1],), trials=entries.trials)
