"""What platforms and plugins add to a post, and count on by themselves, is never news."""

from __future__ import annotations

import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Revision, Weight

BODY = (
    "<p>The trial is recruiting in three cities. It compares two doses of the drug.</p>"
    "<p>Ask your specialist whether it fits you, and bring the letter along.</p>"
)


def revision(more: str = "") -> Revision:
    return revision_of("A post", clean(BODY + more, base_url="https://blog.example/"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>12 bloggers like this.</p>", "<p>13 bloggers like this.</p>"),
        ("<p>Like this: Like Loading... 12 bloggers like this.</p>", ""),
        ("<p>Last modified on 3 May 2026</p>", "<p>This post was last modified on 4 June 2026</p>"),
        ("<p>Published 3 days ago</p>", "<p>Published a month ago</p>"),
        ("<p>Posted by Ann Smith at 12:34</p>", "<p>Posted on 3 May 2026 by Ann Smith</p>"),
        ("<p>1,299 total views, 3 views today</p>", "<p>1,302 total views, 0 views today</p>"),
        ("<p>(Visited 9 times, 1 visits today)</p>", "<p>(Visited 12 times, 2 visits today)</p>"),
        ("<p>Average rating 4.8 / 5. Vote count: 27</p>",
         "<p>Average rating 4.7 / 5. Vote count: 31</p>"),
        ("<p>Estimated reading time: 5 minutes</p>", "<p>Estimated reading time: 7 minutes</p>"),
        ("<p>3,570 words</p>", "<p>3,603 words</p>"),
        ("<p>Filed under: Trials, Completed</p>", "<p>Tags: trials, closed</p>"),
        ('<p>You may also like: <a href="/a">Trials open in 2026</a></p>',
         '<p><b>Also read:</b> <a href="/b">Trials closed in 2027</a></p>'),
        (('<ul class="wp-block-latest-posts__list wp-block-latest-posts"><li><a href="/a">Trials'
         " closed in 2026</a></li></ul>"), ""),
        (('<p><a href="/a">A post</a> was originally published in <a href="/b">Hope</a> on Medium,'
         " where people are continuing the conversation.</p>"),
         '<p><a href="/a">Continue reading on Medium »</a></p>'),
        ("<p>This post is public so feel free to share it.</p>",
         ("<p>Hope is a reader-supported publication. To receive new posts and support my work,"
         " consider becoming a free or paid subscriber.</p>")),
        (("<p>Share this: Click to share on X (Opens in new window) Click to print (Opens in new"
         " window)</p>"), "<p>Email this BlogThis! Share to X Share to Facebook</p>"),
        ("<p>This entry was posted in Trials and tagged closed on 3 May 2026.</p>", ""),
        ("<p>Photo by Ann Smith on Unsplash</p>", ""),
    ],
)  # fmt: skip
def test_what_is_added_by_a_platform_is_no_news_whatever_becomes_of_it(
    one: str, other: str
) -> None:
    for old, new in ((one, other), (other, one), ("", one), (one, "")):
        assert compare(revision(old), revision(new)).weight is not Weight.MAJOR


@pytest.mark.parametrize(
    "line",
    [
        "Posted by the hospital: the trial has closed.",
        "This trial was last updated in the register, and it is closed.",
        "Ten days ago it closed.",
        "This post was written when the trial was open, and it has closed.",
        "It was originally published in a journal that the study was terminated.",
        'You may also like: <a href="/a">the register</a>, which says that it has closed.',
        "Rating: 4 of 5 patients would have it again, and it is approved.",
    ],
)
def test_what_an_author_writes_in_like_words_is_news(line: str) -> None:
    assert compare(revision(), revision(f"<p>{line}</p>")).weight is Weight.MAJOR
