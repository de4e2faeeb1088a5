"""What an edition says of trials: beside which post, by itself, or not yet."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.trials import (
    FEW_LINES,
    MOST_LINES,
    MOST_POSTS,
    Mention,
    Placed,
    beside,
    by_themselves,
    waiting_words,
)
from newsletter.model.edition import DigestItem
from newsletter.model.trial import TrialNews
from tests.digests import a_line, new_post, trial_news

POSTS = {
    1: Mention(post_id=1, title="One", url="https://blog.example.org/1/", topics=("trials",)),
    2: Mention(post_id=2, title="Two", url="https://blog.example.org/2/", topics=("news",)),
    3: Mention(post_id=3, title="Three", url="https://blog.example.org/3/"),
}


def number(at: int) -> str:
    return f"NCT{at:08}"


def shown(item: DigestItem) -> list[str]:
    return [note.number for note in item.trials]


def placed(
    *news: TrialNews,
    items: tuple[DigestItem, ...] = (),
    unattended: bool = False,
    dropped: tuple[int, ...] = (),
) -> Placed:
    return by_themselves(news, items, POSTS, unattended=unattended, dropped=dropped)


def test_a_post_without_trials_is_as_it_was() -> None:
    assert beside(new_post(), (), {}) == new_post()


def test_a_few_trials_are_all_shown_in_the_order_of_the_text() -> None:
    lines = [a_line(number(at)) for at in (5, 2, 9, 1, 4)]
    item = beside(new_post(), lines, {})
    assert shown(item) == [number(at) for at in (5, 2, 9, 1, 4)]
    assert item.more_trials == 0
    assert all(note.record_id is None for note in item.trials)


def test_an_index_of_thirty_trials_shows_three_and_says_that_there_are_27_more() -> None:
    item = beside(new_post(), [a_line(number(at)) for at in range(1, 31)], {})
    assert shown(item) == [number(at) for at in (1, 2, 3)]
    assert item.more_trials == 27


def test_what_changed_comes_first_and_stands_beneath_its_line() -> None:
    news = trial_news(number(20), record_id=77)
    item = beside(new_post(), [a_line(number(at)) for at in range(1, 31)], {news.trial: news})
    assert shown(item) == [number(at) for at in (20, 1, 2)]
    first, second, _ = item.trials
    assert first.changes == ("Status in the register: was Recruiting, is listed as Completed.",)
    assert first.details
    assert first.record_id == 77
    assert second.changes == second.details == ()


@given(st.integers(0, 40), st.sets(st.integers(0, 39)))
def test_no_trial_is_lost_in_counting(trials: int, changed: set[int]) -> None:
    news = {each.trial: each for each in (trial_news(number(at)) for at in changed)}
    item = beside(new_post(), [a_line(number(at)) for at in range(trials)], news)
    assert len(item.trials) + item.more_trials == trials
    assert len(item.trials) <= MOST_LINES
    assert trials <= FEW_LINES or len(item.trials) >= FEW_LINES


def test_news_waits_for_the_admins_yes() -> None:
    quiet, approved = (
        trial_news(number(1), record_id=1),
        trial_news(number(2), record_id=2, approved=True),
    )
    found = placed(quiet, approved)
    assert [update.note.number for update in found.updates] == [number(2)]
    assert found.waiting == (quiet,)


def test_what_waits_is_said_in_one_line_however_much_it_is() -> None:
    assert waiting_words(()) == ()
    (one,) = waiting_words([trial_news(number(1))])
    assert f"without your yes: {number(1)}. See `newsletter trials show {number(1)}`" in one
    (many,) = waiting_words([trial_news(number(at)) for at in range(3_570)])
    assert f"{number(4)} and 3565 more." in many


def test_unattended_nothing_waits() -> None:
    found = placed(trial_news(number(1)), unattended=True)
    assert len(found.updates) == 1
    assert found.waiting == ()


def test_what_a_post_of_the_edition_shows_does_not_come_by_itself_as_well() -> None:
    news = trial_news(approved=True)
    item = beside(new_post(), [news.line], {news.trial: news})
    assert placed(news, items=(item,)) == Placed()


def test_what_no_longer_fits_beneath_an_index_is_not_forgotten() -> None:
    news = [trial_news(number(at), record_id=at) for at in range(1, 11)]
    by_trial = {each.trial: each for each in news}
    item = beside(new_post(), [each.line for each in news], by_trial)
    assert [each.record_id for each in placed(*news, items=(item,)).waiting] == [
        4,
        5,
        6,
        7,
        8,
        9,
        10,
    ]


def test_register_details_alone_are_no_news() -> None:
    assert placed(trial_news(changes=(), approved=True), unattended=True) == Placed()


def test_what_the_admin_left_out_neither_comes_nor_waits() -> None:
    found = placed(trial_news(record_id=5, approved=True), dropped=(5,))
    assert not found.updates
    assert not found.waiting
    assert [update.note.record_id for update in found.left_out] == [5]


def test_the_latest_news_comes_first() -> None:
    early = trial_news(number(1), record_id=1, noted_at=datetime(2026, 11, 10, tzinfo=UTC))
    late = trial_news(number(2), record_id=2, noted_at=datetime(2026, 11, 14, tzinfo=UTC))
    assert placed(early, late).waiting == (late, early)


def test_an_update_goes_to_whom_the_posts_about_the_trial_go_to() -> None:
    def topics(*posts: int) -> tuple[str, ...]:
        (update,) = placed(trial_news(posts=posts), unattended=True).updates
        return update.topics

    assert topics(1, 2) == ("trials", "news")
    assert topics(1, 3) == ()
    assert topics() == ()
    assert topics(99) == ()


def test_an_update_links_to_a_few_of_the_posts() -> None:
    (update,) = placed(trial_news(posts=(3, 99, 1, 2)), unattended=True).updates
    assert [post.title for post in update.posts] == ["Three", "One"]
    assert len(update.posts) == MOST_POSTS
