"""How a digest is made to fit into one mail: gently first, and no trial update is ever left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from newsletter.model.edition import Fit

_GENTLE = (Fit(), Fit(short=True), Fit(short=True, pictures=False))


def best_fit(posts: int, trials: int, fits: Callable[[Fit], bool]) -> Fit:
    """The gentlest cut with which so many posts and trial updates fit into a mail.

    In this order: shorter excerpts, no pictures, titles only (the last posts first), posts left out
    (the last first), trial updates that say but what changed. `fits` is asked for some cuts only; a
    harder one must not need more room. When nothing helps the hardest is returned.
    """
    for fit in _GENTLE:
        if fits(fit):
            return fit
    bare = _GENTLE[-1]
    for step, most in ((_titles, posts), (_left, posts), (_brief, trials)):
        hardest = step(bare, most)
        if fits(hardest):
            return _gentlest(partial(step, bare), most, fits)
        bare = hardest
    return bare


def _titles(fit: Fit, number: int) -> Fit:
    return replace(fit, titles=number)


def _left(fit: Fit, number: int) -> Fit:
    return replace(fit, left=number)


def _brief(fit: Fit, number: int) -> Fit:
    return replace(fit, brief=number)


def _gentlest(cut: Callable[[int], Fit], most: int, fits: Callable[[Fit], bool]) -> Fit:
    """The cut by the smallest number that fits; none does not, and `most` does."""
    low, high = 0, most
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(cut(middle)) else (middle, high)
    return cut(high)
