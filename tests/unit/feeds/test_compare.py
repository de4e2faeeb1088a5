"""What a change of a post weighs, and what is quoted of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.feeds.blocks import blocks
from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.feeds.cutting import excerpt_of
from newsletter.feeds.dated import opening_of
from newsletter.model.post import Change, Revision, Weight

BODY = (
    "<p>The trial is recruiting in three cities. It compares two doses of the drug.</p>"
    "<p>Ask your specialist whether it fits you, and bring the letter along.</p>"
    "<ul><li>Scans every 12 weeks</li><li>Blood tests at home</li></ul>"
    "<p>I wrote about the side effects in another post last summer.</p>"
)
TAIL = (
    "<p><strong>Disclaimer</strong></p><p>I am not a doctor or any medical professional.</p>"
    "<p>Thanks for reading</p><p>I&#8217;m also active on Facebook.</p>"
    "<p><a href='/popular/'>Most Popular Posts</a></p><p>My garden photographs</p>"
)


def revision(body: str, title: str = "A trial of testinib") -> Revision:
    return revision_of(title, clean(body, base_url="https://blog.example/post/"))


def change(old: str, new: str) -> Change:
    return compare(revision(old), revision(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<p>He said "yes" - it\'s fine.</p>', "<p>He said “yes” – it’s fine.</p>"),
        ("<p>One  two\nthree.</p>", "<div>One two&nbsp;three.</div>"),
        ("<p><b>One</b> two three.</p>", "<p>One <i>two</i> three.</p>"),
        ("<p>Dose of (²¹²Pb)</p>", "<p>Dose of (212Pb)</p>"),
        ("<p>One…</p>", "<p>One...</p>"),
        ("<p>At https://x.example/?utm_source=a now.</p>", "<p>At https://x.example/ now.</p>"),
        ("<p>One thing.</p><p>12 shares</p>", "<p>One thing.</p><p>340 shares</p>"),
        ("<p>One thing.</p><p>Last updated: 3 May 2026</p>", "<p>One thing.</p>"),
        (
            "<p>First line here.</p><p>Second line here.</p>",
            "<p>Second line here.</p><p>First line here.</p>",
        ),
    ],
)
def test_what_weighs_nothing(old: str, new: str) -> None:
    """Typography, markup, tracking, counters and order are no change at all."""
    assert change(old, new).weight is Weight.NONE
    assert revision(old).text_hash == revision(new).text_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("what I will recieve next", "what I will receive next"),
        ("the tumor and its behavior", "the tumour and its behaviour"),
        ("a follow up visit", "a followup visit"),
        ("It is recruting now in Leeds", "It is recruiting now in Leeds"),
        ("We went to the clinic on foot", "We went to the hospital on foot"),
        ("It isn't the same thing", "It is not the same thing"),
        ("Is it ? Yes", "Is it? Yes."),
        ("a very long and slow day", "a long day"),
    ],
)
def test_small_corrections_are_minor(old: str, new: str) -> None:
    """A misspelling, another word, a stop: nothing a reader need hear of."""
    found = change(
        f"{BODY}<p>{old} and so on it went.</p>", f"{BODY}<p>{new} and so on it went.</p>"
    )
    assert found.weight is Weight.MINOR
    assert found.quote_html == found.quote_text == found.summary == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is recruiting in three", "is not recruiting in three"),
        ("is recruiting in three", "is now closed in three"),
        ("trial is recruiting", "trial was terminated"),
        ("every 12 weeks", "every 16 weeks"),
        ("It compares two doses of the drug.", "It compares two doses. First results are in."),
        ("in three cities", "in three cities (NCT01234567)"),
        (
            "It compares two doses of the drug.",
            "The doses were too strong, and a third group with much less joined in spring.",
        ),
    ],
)
def test_status_numbers_and_new_sentences_are_major(old: str, new: str) -> None:
    """A reader must hear of these, and sees the sentence they are in."""
    assert old in BODY
    found = change(BODY + TAIL, BODY.replace(old, new) + TAIL)
    assert found.weight is Weight.MAJOR
    assert found.summary in ("One paragraph changed", "One list item changed")
    assert 0 < len(found.quote_text) < 200
    assert "specialist" not in found.quote_text


def test_only_the_sentences_that_changed_are_quoted() -> None:
    """Links are kept, and what lies unchanged beside is left out."""
    old = "<p>Alpha stays here. The trial is <a href='/t'>open to all</a> now. Omega stays too.</p>"
    new = (
        "<p>Alpha stays here. The trial is <a href='/t'>closed to all</a> now. Omega stays too.</p>"
    )
    found = change(old, new)
    assert found.quote_text == "The trial is closed to all now."
    assert found.quote_html == (
        '<p>The trial is <a href="https://blog.example/t">closed to all</a> now.</p>'
    )


@pytest.mark.parametrize(
    ("section", "summary", "quoted"),
    [
        (
            "<h3>Update 14 Nov 2026</h3><p>It has <b>closed</b>. Thank you all.</p>",
            "New section of 14 November 2026",
            "It has closed. Thank you all.",
        ),
        (
            "<p><strong>14th November 2026.</strong> It has closed.</p>",
            "New section of 14 November 2026",
            "14th November 2026. It has closed.",
        ),
        (
            "<p>UPDATE - Sep 25th, 2023 - It has closed.</p>",
            "New section of 25 September 2023",
            "UPDATE - Sep 25th, 2023 - It has closed.",
        ),
        (
            "<h2>19th May 2020</h2><p>One.</p><p>Two.</p>",
            "New section of 19 May 2020",
            "One.\nTwo.",
        ),
        (
            "<p>14 Nov 2026: Newest here.</p><p>2 Oct 2026: Older here.</p>",
            "New section of 14 November 2026",
            "14 Nov 2026: Newest here.",
        ),
        (
            "<p>2 Oct 2026: Older here.</p><p>14 Nov 2026: Newest here.</p>",
            "New section of 14 November 2026",
            "14 Nov 2026: Newest here.",
        ),
        (
            "<p>Update: it has closed for good.</p>",
            "New section marked as an update",
            "Update: it has closed for good.",
        ),
        (
            "<p>Update 3/4/2026: it has closed for good.</p>",
            "New section marked as an update",
            "Update 3/4/2026: it has closed for good.",
        ),
    ],
)
def test_a_new_dated_section_is_quoted_alone(section: str, summary: str, quoted: str) -> None:
    """On top or below, as heading or first words: the newest new section, and nothing else."""
    for new in (section + "<hr>" + BODY + TAIL, BODY + section + TAIL, BODY + TAIL + section):
        found = change(BODY + TAIL, new)
        assert found.weight is Weight.MAJOR
        assert found.summary == summary
        assert found.quote_text == quoted


def test_a_dated_section_put_into_an_old_paragraph_is_found() -> None:
    """Some authors write updates into one paragraph, parted by line breaks or not at all."""
    old = "<p>2 Oct 2026. The first patient was treated in Leeds.</p>"
    for gap in ("<br>", " "):
        new = old.replace("<p>", f"<p>14 Nov 2026. The last patient left the clinic well.{gap}")
        found = change(old, new)
        assert found.summary == "New section of 14 November 2026"
        assert "last patient left" in found.quote_text
        assert "Leeds" not in found.quote_text


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Update - 13th November 2025. ITM Announces", "13 November 2025"),
        ("UPDATE - Sep 25th, 2023 - Novartis", "25 September 2023"),
        ("18th October 2025.  Exelixis", "18 October 2025"),
        ("23rd September 2025.  UK MHRA", "23 September 2025"),
        ("Updated on Friday, 1 May 2026: x", "1 May 2026"),
        ("Update November 2026", "November 2026"),
        ("Update 2026-11-14", "14 November 2026"),
        ("Update 31.12.2026", "31 December 2026"),
        ("14 November 2026 update: it has closed", "14 November 2026"),
        ("14 November 2026 – UPDATE", "14 November 2026"),
        ("Latest update, 14th of November 2026: x", "14 November 2026"),
        ("Update 14/11/26: x", "14 November 2026"),
        ("2026-11-14: x", "14 November 2026"),
        ("14/11/2026 – x", "14 November 2026"),
        ("As at 14 Nov 2026: x", "14 November 2026"),
        ("Update 14 Nov: x", "14 November"),
        ("Last updated 14 Nov 2026: it has closed", "14 November 2026"),
        ("3/4/2026: x", None),
        ("14 Nov: x", None),
        ("14 November 2026 updates are rare", None),
        ("Updated 3 mayors", None),
        ("PARIS, FRANCE, 24 July 2025 - Ipsen", None),
        ("Published online: 28 October 2023", None),
        ("On 7th Dec 2017 the", None),
        ("June 8 2020 jnumed.119", None),
        ("31 February 2026 is no day", None),
        ("Updates will follow", None),
        ("May 2026 was warm.", None),
    ],
)
def test_dated_openings(line: str, label: str | None) -> None:
    """Either order of day and month, with or without the word; citations and sentences are none."""
    found = opening_of(line)
    assert (found.label if found else None) == label


def test_an_old_date_without_the_word_is_no_update() -> None:
    """A chronicle that is completed below its newest entry; a diary is told as it is."""
    old = "<h2>2nd June 2020</h2><p>The second day was long.</p>"
    found = change(old, old + "<h2>19th May 2020</h2><p>The first day was not.</p>")
    assert found.weight is Weight.MAJOR
    assert found.summary == "Section of 19 May 2020 added"
    later = change(old, "<h2>9th June 2020</h2><p>The third day was not.</p>" + old)
    assert later.summary == "New section of 9 June 2020"


def test_a_new_title_is_told_with_the_section_that_came_with_it() -> None:
    """Else readers might not know the post again."""
    found = compare(revision(BODY), revision("<p>Update 14 Nov 2026: Closed.</p>" + BODY, "Closed"))
    assert found.summary == "New section of 14 November 2026; the title was “A trial of testinib”"


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("of the drug", "of the drugg", ("1 letter in 1 paragraph",)),
        ("two doses of the drug", "two doses of that very drug", ("2 words in 1 paragraph",)),
        ("<li>Blood tests at home</li>", "", ("1 line removed",)),
    ],
)
def test_how_small_a_change_is(old: str, new: str, reasons: tuple[str, ...]) -> None:
    """What the admin is told of a change that is no news."""
    found = change(BODY, BODY.replace(old, new))
    assert (found.weight, found.reasons) == (Weight.MINOR, reasons)


def test_a_sentence_taken_out_is_no_news_but_a_not_is() -> None:
    """Nothing was said instead of the sentence; without its "not" one says the contrary."""
    more = "<p>The ward is not open. Bring the letter.</p>"
    less = more.replace("The ward is not open. ", "")
    assert change(BODY + more, BODY + less).weight is Weight.MINOR
    assert change(BODY + more, BODY + more.replace("not ", "")).weight is Weight.MAJOR


def test_standing_text_in_other_words_is_no_news() -> None:
    """A typing error in a promise does not make it one."""
    old = "<p>I will keep you updated as usual.</p>"
    assert change(BODY + old, BODY + old.replace("keep", "kepe")).weight is not Weight.MAJOR


@pytest.mark.parametrize("heading", ["<h3>Related Posts</h3>", "<p><b>You may also like:</b></p>"])
def test_a_list_of_related_posts_is_not_the_posts_own(heading: str) -> None:
    """It changes whenever another post appears; the author's own lists count."""
    lists = [
        f'{heading}<ul><li><a href="/a">The long way to the clinic in {city}</a></li></ul>'
        for city in ("Leeds", "Lyon")
    ]
    assert change(BODY + lists[0], BODY + lists[1]).weight is Weight.NONE
    own = [one.replace("</li>", ", which I wrote</li>") for one in lists]
    assert change(BODY + own[0], BODY + own[1] * 2).weight is Weight.MAJOR


def test_new_paragraphs_are_counted_and_quoted() -> None:
    """Whole sentences, about 400 characters, headings only where there is nothing else."""
    long = "".join(
        f"<p>{'Sentence about nothing much at all here. ' * 3}Number {i}.</p>" for i in "abcdefgh"
    )
    found = change(BODY, f"<h2>More</h2>{long}{BODY}")
    assert found.summary == "Eight paragraphs added under “More”"
    assert 200 < len(found.quote_text) <= 400
    assert found.quote_text.endswith(".")
    assert not found.quote_text.startswith("More")


def test_new_list_items_are_quoted_as_a_list() -> None:
    """They stay together."""
    found = change(
        BODY,
        BODY.replace(
            "</ul>", "<li>A diary for sleep and food</li><li>A phone call on Mondays</li></ul>"
        ),
    )
    assert found.quote_html == (
        "<ul><li>A diary for sleep and food</li><li>A phone call on Mondays</li></ul>"
    )


@pytest.mark.parametrize(
    ("title", "weight"),
    [
        ("A Trial of “Testinib”!", Weight.MINOR),
        ("A trail of testinib", Weight.MINOR),
        ("A trial of testinib: it has closed", Weight.MAJOR),
        ("A trial of capsinib", Weight.MAJOR),
        ("A trial of testinib", Weight.NONE),
    ],
)
def test_a_title_that_says_something_else_is_major(title: str, weight: Weight) -> None:
    """Punctuation, case and misspellings are not."""
    found = compare(revision(BODY), revision(BODY, title))
    assert found.weight is weight
    if weight is Weight.MAJOR:
        assert found.summary == f"The title changed from “A trial of testinib” to “{title}”"


def test_splitting_joining_and_moving_paragraphs_is_no_news() -> None:
    """The words are there already, though the lines differ."""
    one = "The first sentence is about the city of Leeds. The second one is not about a city."
    first, second = one.split(". ", 1)
    assert (
        change(f"{BODY}<p>{one}</p>", f"{BODY}<p>{first}.</p><p>{second}</p>").weight
        is Weight.MINOR
    )
    assert (
        change(f"{BODY}<p>{first}.</p><p>{second}</p>", f"{BODY}<p>{one}</p>").weight
        is Weight.MINOR
    )
    assert (
        change(f"<p>{one}</p>{BODY}", f"{BODY}<p>{first}.</p><p>{second}</p>").weight
        is Weight.MINOR
    )


def test_a_feed_that_turns_to_excerpts_or_back_is_no_news() -> None:
    """The same text, cut off, is the same text."""
    whole = "<p>One two three four five six. Not recruiting.</p><p>Seven eight 9 ten.</p>"
    cut = "<p>One two three four five [&hellip;]</p>"
    assert change(cut, whole).weight is Weight.MINOR
    assert change(whole, cut).weight is Weight.MINOR
    inside_a_word = "<p>One two thr [&hellip;]</p>"
    assert change(inside_a_word, whole).weight is Weight.MINOR
    assert change(whole, inside_a_word).weight is Weight.MINOR
    inside_a_number = "<p>One two three four five six. Not recruiting.</p><p>Seven eight 2 […]</p>"
    assert change(inside_a_number, whole.replace("9", "29")).weight is Weight.MAJOR
    dots = "<p>One two three four five...</p>"
    assert change(dots, whole).weight is Weight.MINOR
    assert change(whole, dots).weight is Weight.MINOR


def test_an_ellipsis_at_the_end_hides_no_news() -> None:
    """What is added below a post that ends with one is new."""
    old = "<p>I will tell more when I know more…</p>"
    found = change(old, old + "<p>It has been approved in Europe today.</p>")
    assert found.summary == "One paragraph added"


def test_a_bare_date_moved_on_is_minor() -> None:
    """A date that is brought up to date says nothing, with nothing new under it."""
    old, new = (f"<p>Updated {day} 2026</p>{BODY}" for day in ("3 May", "4 June"))
    assert change(old, new).weight is Weight.MINOR


@pytest.mark.parametrize(
    "tail",
    [
        "<p>Thanks for reading</p>",
        "<p>Medical disclaimer</p><p>Nothing here does constitute advice, ask your own team.</p>",
        TAIL.replace(
            "My garden photographs", "Sign up for my newsletter and follow my new page of recipes"
        ),
        TAIL + "<p>Join 14.2K other subscribers</p>",
        TAIL + "<p>I am also active on Instagram, do join the 9 of us there every day.</p>",
        "",
    ],
)
def test_standing_text_is_never_major(tail: str) -> None:
    """Disclaimer, thanks, links, sign-up lines: none or minor."""
    assert change(BODY + TAIL, BODY + tail).weight is not Weight.MAJOR
    assert change(BODY + tail, BODY + TAIL).weight is not Weight.MAJOR


def test_a_studys_news_under_the_thanks_is_still_news() -> None:
    """Authors do write below their own disclaimer."""
    assert (
        change(BODY + TAIL, BODY + TAIL + "<p>The trial was terminated.</p>").weight is Weight.MAJOR
    )


# Laws

words = st.sampled_from(
    ["the", "trial", "is", "not", "recruiting", "closed", "12", "14 Nov 2026", ".", "“and”", "a"]
)
lines = st.lists(words, min_size=1, max_size=8).map(" ".join)
bodies = st.lists(lines, max_size=8).map(lambda found: "".join(f"<p>{line}</p>" for line in found))
STANDING = (
    "<p>Thanks for reading</p>",
    "<p>Join 27.4K other subscribers</p>",
    "<p>Disclaimer</p>",
    "<p>Please Share this post</p>",
    "<p>I’m also active on Facebook</p>",
    "<p>Most Popular Posts</p>",
    "<p>Loading…</p>",
    "<p>12 comments</p>",
    "<p>Published 3 days ago</p>",
    "<p>1,299 total views, 3 views today</p>",
    "<p>Estimated reading time: 5 minutes</p>",
    "<p>This post was last modified on 3 May 2026</p>",
    '<p>You may also like: <a href="/a">Trials closed in 2026</a></p>',
    "<p>A post was originally published in Hope on Medium, where people read on.</p>",
)


@given(bodies)
def test_a_text_is_itself(body: str) -> None:
    """Compared with itself, nothing differs."""
    assert change(body, body).weight is Weight.NONE


@given(
    st.lists(lines, max_size=8), st.lists(st.tuples(st.integers(0, 8), st.sampled_from(STANDING)))
)
def test_adding_standing_text_is_never_major(
    found: list[str], added: list[tuple[int, str]]
) -> None:
    """Wherever it is put."""
    parts = [f"<p>{line}</p>" for line in found]
    more = list(parts)
    for at, line in added:
        more.insert(at, line)
    assert change("".join(parts), "".join(more)).weight is Weight.NONE


@settings(max_examples=120)
@given(bodies, bodies)
def test_a_change_is_whole_and_consistent(old: str, new: str) -> None:
    """None exactly when the hashes agree; a quote is of the new text, and never endless."""
    found = change(old, new)
    same = revision(old).text_hash == revision(new).text_hash
    assert (found.weight is Weight.NONE) == same
    assert bool(found.summary) == (found.weight is Weight.MAJOR)
    assert len(found.quote_text) <= 620
    assert "\n".join(b.text for b in blocks(found.quote_html)) == found.quote_text
    flat = " ".join(revision(new).text.split())
    for line in found.quote_text.split("\n"):
        assert all(part.strip("…") in flat for part in line.split(" … "))


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_part_of_a_block_keeps_its_markup_whole(start: int, size: int) -> None:
    """Cut anywhere, the elements stay balanced and the words are those asked for."""
    html = 'One <a href="/x">two <b>three</b></a> &amp; four <i>&lt;five&gt;</i> six.'
    text = blocks(f"<p>{html}</p>")[0].text
    part = excerpt_of(html, start, start + size)
    wanted = text[start : start + size]
    assert "".join(b.text for b in blocks(part)) == " ".join(wanted.split())
    assert part.count("<a ") == part.count("</a>")
    assert part.count("<b>") == part.count("</b>")
