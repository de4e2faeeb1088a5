"""How a digest is cut to the size of a mail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.fit import best_fit
from newsletter.model.edition import Fit


def size(fit: Fit, posts: int, trials: int, *, post: int = 30, trial: int = 20) -> int:
    """A mail's size, as it is of one where every step helps."""
    shown = posts - fit.left
    titles = min(fit.titles, shown)
    whole = post - (6 if fit.short else 0) - (0 if fit.pictures else 4)
    return (shown - titles) * whole + titles * 5 + (trials - fit.brief) * trial + fit.brief * 4


def fitted(posts: int, trials: int, room: int) -> Fit:
    return best_fit(posts, trials, lambda fit: size(fit, posts, trials) <= room)


def test_the_steps_are_taken_in_their_order() -> None:
    assert fitted(10, 1, 320) == Fit()
    assert fitted(10, 1, 319) == Fit(short=True)
    assert fitted(10, 1, 259) == Fit(short=True, pictures=False)
    assert fitted(10, 1, 219) == Fit(short=True, pictures=False, titles=1)
    assert fitted(10, 1, 70) == Fit(short=True, pictures=False, titles=10)
    assert fitted(10, 1, 69) == Fit(short=True, pictures=False, titles=10, left=1)
    assert fitted(10, 1, 20) == Fit(short=True, pictures=False, titles=10, left=10)
    assert fitted(10, 1, 4) == Fit(short=True, pictures=False, titles=10, left=10, brief=1)


def test_when_nothing_helps_the_hardest_cut_is_given() -> None:
    assert fitted(2, 3, 1) == Fit(short=True, pictures=False, titles=2, left=2, brief=3)


@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 3000))
def test_it_fits_where_it_can_and_not_one_step_is_too_many(
    posts: int, trials: int, room: int
) -> None:
    fit = fitted(posts, trials, room)
    if size(Fit(titles=posts, left=posts, brief=trials), posts, trials) > room:
        return
    assert size(fit, posts, trials) <= room
    for name in ("titles", "left", "brief"):
        number = getattr(fit, name)
        if number and not (name == "titles" and fit.left) and not (name != "brief" and fit.brief):
            gentler = {**{n: getattr(fit, n) for n in fit.__slots__}, name: number - 1}
            assert size(Fit(**gentler), posts, trials) > room


@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 3000))
def test_few_mails_are_made_to_find_it(posts: int, trials: int, room: int) -> None:
    asked: list[Fit] = []

    def fits(fit: Fit) -> bool:
        asked.append(fit)
        return size(fit, posts, trials) <= room

    assert best_fit(posts, trials, fits) in asked
    assert len(asked) <= 12
