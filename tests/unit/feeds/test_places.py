"""What moves from under one heading of status to another is news; any other move is none."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.feeds.blocks import blocks
from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Change, Revision, Weight

INTRO = "<p>The trial compares two ways to give the treatment, in several cities.</p>"
END = "<p>Ask your own team before you travel, and take the letter along.</p>"


def revision(body: str) -> Revision:
    return revision_of("A post", clean(body, base_url="https://blog.example/"))


def change(old: str, new: str) -> Change:
    return compare(revision(INTRO + old + END), revision(INTRO + new + END))


def ul(*items: str) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def rows(*names: str) -> str:
    told = "".join(f"<tr><td>{name}</td><td>Ward 7</td></tr>" for name in names)
    return f"<table><tr><th>City</th><th>Where</th></tr>{told}</table>"


def ps(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


OPEN, CLOSED = "<h3>Open sites</h3>", "<h3>Closed sites</h3>"


@pytest.mark.parametrize(
    ("to_open", "to_closed", "name"),
    [
        (OPEN, CLOSED, "Closed sites"),
        ("<p><strong>Open sites</strong></p>", "<p><b>Closed sites:</b></p>", "Closed sites"),
        ("<p>Recruiting:</p>", "<p>Completed:</p>", "Completed"),
        ("<p>These recruit:</p>", "<p>These have been suspended:</p>", "These have been suspended"),
        ("<h2>Recruiting</h2>", "<h2>Not recruiting</h2>", "Not recruiting"),
        ("<h2>Open to all</h2>", "<h2>Opening soon</h2>", "Opening soon"),
        ("<h2>Who is eligible</h2>", "<h2>Who is not eligible</h2>", "Who is not eligible"),
    ],
)
@pytest.mark.parametrize("kind", ["items", "rows", "lines"])
def test_what_moves_to_another_heading_of_status_is_news(
    to_open: str, to_closed: str, name: str, kind: str
) -> None:
    """The quotation names the place, and nothing that stayed where it was."""
    listed = {"items": ul, "rows": rows, "lines": ps}[kind]
    quoted = "City: Leeds; Where: Ward 7" if kind == "rows" else "Leeds"
    noun = {"items": "list item", "rows": "table row", "lines": "paragraph"}[kind]
    found = change(
        to_open + listed("Leeds", "London") + to_closed + listed("York"),
        to_open + listed("London") + to_closed + listed("York", "Leeds"),
    )
    assert found.weight is Weight.MAJOR
    assert found.quote_text == f"{name}: {quoted}"
    assert found.summary == f"One {noun} is now under “{name}”"
    assert found.reasons == (f"moved to another status: 1 under “{name}”",)


@pytest.mark.parametrize(
    ("was", "now", "name"),
    [
        ("<h2>Sites</h2>", "<h2>Closed sites</h2>", "Closed sites"),
        ("<h2>Suspended sites</h2>", "<h2>Sites</h2>", "Sites"),
    ],
)
def test_a_heading_may_differ_from_another_by_its_word_of_status_alone(
    was: str, now: str, name: str
) -> None:
    """The other one has none, but speaks of the same."""
    found = change(
        was + ul("Leeds", "Bath") + now + ul("York"), was + ul("Bath") + now + ul("York", "Leeds")
    )
    assert found.quote_text == f"{name}: Leeds"


def test_swapped_headings_of_status_are_news_of_all_that_stands_below() -> None:
    found = change(
        OPEN + ul("Leeds", "London") + CLOSED + ul("York"),
        CLOSED + ul("Leeds", "London") + OPEN + ul("York"),
    )
    assert found.weight is Weight.MAJOR
    assert found.quote_text == "Closed sites: Leeds\nClosed sites: London\nOpen sites: York"
    assert found.summary == "Three list items are now under another heading"
    assert found.quote_html == (
        "<ul><li>Closed sites: Leeds</li><li>Closed sites: London</li>"
        "<li>Open sites: York</li></ul>"
    )


def test_exchanged_items_are_news() -> None:
    found = change(
        OPEN + ul("Leeds") + CLOSED + ul("York"), OPEN + ul("York") + CLOSED + ul("Leeds")
    )
    assert found.quote_text == "Open sites: York\nClosed sites: Leeds"


def test_a_new_heading_of_status_is_told_with_what_moved_there() -> None:
    """The first site that closes brings the heading with it."""
    found = change(OPEN + ul("Leeds", "London"), OPEN + ul("London") + CLOSED + ul("Leeds"))
    assert found.quote_text == "Closed sites: Leeds"
    assert found.summary == "One list item is now under “Closed sites”"


def test_a_renamed_heading_of_status_is_told_with_what_stands_below() -> None:
    found = change(OPEN + ul("Leeds", "London"), CLOSED + ul("Leeds", "London"))
    assert found.quote_text == "Closed sites: Leeds\nClosed sites: London"


def test_a_trial_that_moves_with_its_text_is_named_by_its_own_heading() -> None:
    """What stands below a heading of a lower rank belongs to the one above."""
    trial = "<h3>HARBOUR</h3><p>It is held in Leeds, with forty people from three towns.</p>"
    head, below = "<h2>Recruiting trials</h2>", "<h2>Completed trials</h2>"
    other = "<h3>LAGOON</h3><p>It was held in Porto.</p>"
    found = change(head + trial + below + other, head + below + other + trial)
    assert found.weight is Weight.MAJOR
    assert found.quote_text == "Completed trials: HARBOUR"
    assert found.summary == "One heading is now under “Completed trials”"


def test_under_headings_of_a_lower_rank_the_status_above_counts() -> None:
    old = "<h2>Open sites</h2><h3>UK</h3>{}<h2>Closed sites</h2><h3>UK</h3>{}"
    found = change(
        old.format(ul("Leeds", "Bath"), ul("York")), old.format(ul("Bath"), ul("York", "Leeds"))
    )
    assert found.quote_text == "Closed sites: Leeds"


def test_a_heading_may_hold_other_elements() -> None:
    head = "<h2><strong>Open</strong><br><br>sites</h2>{}<h2><div>Closed sites</div></h2>{}"
    old, new = head.format(ul("A", "Bath"), ul("York")), head.format(ul("A"), ul("York", "Bath"))
    assert change(new, new).weight is Weight.NONE
    assert change(old, new).quote_text == "Closed sites: Bath"


def test_of_entries_that_are_listed_twice_the_one_that_moved_is_told() -> None:
    """The same city takes part in two trials, and only one of them has closed there."""
    old = "<h3>Open for A</h3>{}<h3>Closed for A</h3>{}<h3>Closed for B</h3>" + ul("Leeds", "Hull")
    found = change(
        old.format(ul("Leeds", "Bath"), ul("York")), old.format(ul("Bath"), ul("Leeds", "York"))
    )
    assert found.quote_text == "Closed for A: Leeds"


def test_what_moved_is_told_beside_other_news() -> None:
    told = "<p>Since the summer there is also a telephone line for families.</p>"
    found = change(
        OPEN + ul("Leeds", "London") + CLOSED + ul("York"),
        told + OPEN + ul("London") + CLOSED + ul("York", "Leeds"),
    )
    assert found.summary == "One paragraph added, and one list item is now under “Closed sites”"
    assert "Closed sites: Leeds" in found.quote_text
    assert "a telephone line" in found.quote_text


def test_a_long_paragraph_that_moved_is_quoted_in_whole_sentences() -> None:
    long = "HARBOUR is held in Leeds. " + "People come from far away for it. " * 30
    head, below = "<h2>Recruiting</h2>", "<h2>Suspended</h2>"
    found = change(head + ps(long) + below + ps("Porto"), head + below + ps("Porto", long))
    assert found.quote_text.startswith("Suspended: HARBOUR is held in Leeds. People come")
    assert len(found.quote_text) < 450


def test_other_hashes_let_a_collection_see_it() -> None:
    old, new = (
        revision(body)
        for body in (
            OPEN + ul("Leeds") + CLOSED + ul("York"),
            CLOSED + ul("Leeds") + OPEN + ul("York"),
        )
    )
    assert old.text_hash != new.text_hash


# What stays no change

PLAIN = ("<h3>How to get there</h3>", "<h3>Where to stay</h3>")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OPEN + ul("Leeds", "London") + CLOSED + ul("York"),) * 2,
        (OPEN + ul("Leeds") + CLOSED + ul("York"), CLOSED + ul("York") + OPEN + ul("Leeds")),
        (OPEN + ul("Leeds", "London"), OPEN + ul("London", "Leeds")),
        (OPEN + ps("Leeds", "London"), OPEN + ps("London", "Leeds")),
        (OPEN + rows("Leeds", "London"), OPEN + rows("London", "Leeds")),
        (PLAIN[0] + ul("By bus") + PLAIN[1] + ul("Inn"), PLAIN[0] + PLAIN[1] + ul("Inn", "By bus")),
        (PLAIN[0] + ul("Bus") + PLAIN[1] + ul("Inn"), PLAIN[1] + ul("Bus") + PLAIN[0] + ul("Inn")),
        # what goes on below the last section is not of its heading
        (OPEN + ps("Leeds") + CLOSED + ps("York"), CLOSED + ps("York") + OPEN + ps("Leeds")),
        (
            OPEN + ul("Leeds") + CLOSED + ul("York") + ps("Call the nurse first, please."),
            CLOSED + ul("York") + OPEN + ul("Leeds") + ps("Call the nurse first, please."),
        ),
        (
            "<p>Recruiting:</p>" + ul("Leeds") + "<p>Closed:</p>" + ul("York") + ps("Good luck"),
            "<p>Closed:</p>" + ul("York") + "<p>Recruiting:</p>" + ul("Leeds") + ps("Good luck"),
        ),
        (
            OPEN + ul("Leeds") + CLOSED + ul("York") + "<p><b>Links</b></p>" + ul("A map"),
            CLOSED + ul("York") + OPEN + ul("Leeds") + "<p><b>Links</b></p>" + ul("A map"),
        ),
        # a text without a heading that gets below one
        (ps("A word of welcome") + OPEN + ps("Leeds"), OPEN + ps("Leeds", "A word of welcome")),
        (ul("A map") + OPEN + ul("Leeds"), OPEN + ul("Leeds") + ul("A map")),
        # a status by the way
        (
            "<h3>Open questions</h3>" + ul("Why?") + PLAIN[0] + ul("Bus"),
            PLAIN[0] + ul("Bus") + "<h3>Open questions</h3>" + ul("Why?"),
        ),
        (
            "<h3>Open questions</h3>" + ul("Why?") + PLAIN[0] + ul("Bus"),
            "<h3>Open questions</h3>" + ul("Why?", "Bus") + PLAIN[0],
        ),
        (
            "<h3>Is it open?</h3>" + ps("Yes", "Ask.") + "<h3>When does it close?</h3>" + ps("May"),
            "<h3>Is it open?</h3>" + ps("Yes") + "<h3>When does it close?</h3>" + ps("May", "Ask."),
        ),
        (
            "<h3>Results</h3>" + ps("Good.") + OPEN + ul("Leeds"),
            "<h3>Results</h3>" + OPEN + ul("Leeds") + ps("Good."),
        ),
        (
            "<h3>What we do not know</h3>" + ul("Why") + "<h3>Results</h3>" + ul("Good"),
            "<h3>What we do not know</h3>" + "<h3>Results</h3>" + ul("Good", "Why"),
        ),
        # dated sections and standing text
        (
            "<h3>2 May 2026: open</h3>" + ul("Leeds") + "<h3>4 June 2026: closed</h3>" + ul("York"),
            "<h3>2 May 2026: open</h3>" + "<h3>4 June 2026: closed</h3>" + ul("York", "Leeds"),
        ),
        (
            OPEN + ul("Leeds") + "<p><b>Disclaimer</b></p>" + ps("My garden") + CLOSED + ul("York"),
            CLOSED + ul("York") + OPEN + ul("Leeds") + "<p><b>Disclaimer</b></p>" + ps("My garden"),
        ),
        # other sizes and marks of a heading
        (
            OPEN + ul("Leeds") + CLOSED + ul("York"),
            (OPEN + ul("Leeds") + CLOSED + ul("York")).replace("h3", "h2"),
        ),
    ],
)  # fmt: skip
def test_any_other_move_is_no_change(old: str, new: str) -> None:
    assert change(old, new).weight is Weight.NONE
    assert change(new, old).weight is Weight.NONE


def test_a_heading_that_is_respelt_moves_nothing() -> None:
    """A slip of the finger takes no site off the list."""
    for right, wrong in (
        ("Closed sites", "Clsoed sites"),
        ("Not recruiting now", "Nto recruiting now"),
    ):
        one, other = (
            f"<h3>Sites</h3>{ul('Bath')}<h3>{name}</h3>{ul('Leeds', 'London')}"
            for name in (right, wrong)
        )
        assert change(one, other).weight is Weight.MINOR
        assert change(other, one).weight is Weight.MINOR


@pytest.mark.parametrize("plain", ["<p>{}</p>", "<h4>{}</h4>", "<p><b>{}:</b></p>", "<p>{}:</p>"])
@pytest.mark.parametrize("form", ["<h3>{}</h3>", "<p><b>{}</b></p>", "<p>{}:</p>"])
@pytest.mark.parametrize("name", ["Open sites", "Links"])
def test_a_heading_in_another_dress_is_a_heading_still(form: str, plain: str, name: str) -> None:
    """Else what stands below would seem to have moved to the one above."""
    above = form.format("Closed sites") + ul("York") + form.format("Sites") + ul("Hull")
    below = ul("Leeds") + form.format("Not yet open") + ul("Bath")
    old, new = (above + dress.format(name) + below for dress in (form, plain))
    assert change(old, new).weight in (Weight.NONE, Weight.MINOR)
    assert change(new, old).weight in (Weight.NONE, Weight.MINOR)


def test_an_item_that_is_also_listed_elsewhere_has_not_moved() -> None:
    """A second mention is new, and the first one stays where it was."""
    found = change(
        OPEN + ul("Leeds") + CLOSED + ul("York"), OPEN + ul("Leeds") + CLOSED + ul("York", "Leeds")
    )
    assert found.weight is not Weight.MAJOR


HEADS = ["Open sites", "Closed sites", "Not yet recruiting", "Results", "How to get there", "Links"]
FORMS = ("<h3>{}</h3>", "<p><b>{}</b></p>", "<p>{}:</p>")
Section = tuple[str, bool, list[str], Callable[..., str]]
sections = st.lists(
    st.tuples(
        st.sampled_from(HEADS),
        st.booleans(),
        st.lists(st.sampled_from(["Leeds", "York", "Bath", "Hull 2", "Ward 7"]), min_size=1),
        st.sampled_from([ul, rows, ps]),
    ),
    max_size=6,
    unique_by=lambda section: section[0],
)


@settings(max_examples=200, deadline=None)
@given(sections, st.randoms(use_true_random=False), st.sampled_from(FORMS), st.booleans())
def test_moving_whole_sections_with_their_headings_never_is_news(
    found: list[Section], random: Random, form: str, mixed: bool
) -> None:
    """In any order, and with their entries in any order; all headings alike, or some in bold."""
    mixed = mixed and form == FORMS[0]
    turned = [
        (name, bold, random.sample(entries, len(entries)), listed)
        for name, bold, entries, listed in random.sample(found, len(found))
    ]
    old, new = (
        "".join(
            (FORMS[1] if mixed and bold else form).format(name) + listed(*entries)
            for name, bold, entries, listed in parts
        )
        for parts in (found, turned)
    )
    assert change(old, new).weight is Weight.NONE
    assert revision(old).text_hash == revision(new).text_hash


parts = st.one_of(
    st.tuples(st.sampled_from(("<h2>{}</h2>", "<h4>{}</h4>", *FORMS)), st.sampled_from(HEADS)),
    st.tuples(st.sampled_from(("<p>{}</p>", "<ul><li>{}</li></ul>")), st.sampled_from(HEADS)),
    st.tuples(st.just("<p>{}</p>"), st.sampled_from(["Leeds", "It has <b>closed</b>. Ask me."])),
    st.tuples(st.just("<ul><li>{}</li></ul>"), st.sampled_from(["Leeds", "York", "Bath & Hull"])),
)
bodies = st.lists(parts, max_size=10).map(
    lambda found: "".join(form.format(text) for form, text in found)
)


@settings(max_examples=200, deadline=None)
@given(bodies, bodies)
def test_a_change_is_whole_wherever_headings_are(old: str, new: str) -> None:
    """Equal hashes mean no change, and what is told is told in full."""
    found = change(old, new)
    if revision(old).text_hash == revision(new).text_hash:
        assert found.weight is Weight.NONE
    assert bool(found.summary) == (found.weight is Weight.MAJOR)
    assert "\n".join(block.text for block in blocks(found.quote_html)) == found.quote_text
