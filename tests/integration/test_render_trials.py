"""What a mail says of trials: the register's lines beside posts, and what changed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.check import check
from newsletter.editions.render import render
from newsletter.model.edition import Digest, Form, TrialNote
from tests.digests import (
    MASTHEAD,
    TAGS,
    a_digest,
    a_line,
    a_note,
    new_post,
    trial_update,
    updated_post,
)

WEEKLY = a_digest(updated=(updated_post(),), new=(new_post(1), new_post(2)), note="Hello **all**.")


def visible(html: str) -> str:
    return " ".join(anatomy_of(html).text.split())


def headings(html: str) -> list[str]:
    return re.findall(r"<(h[1-6])", html)


def both_parts(digest: Digest) -> tuple[str, str]:
    """What a reader sees of the HTML and of the text, on one line each."""
    rendered = render(digest, TAGS)
    return visible(rendered.html), " ".join(rendered.text.split())


@pytest.mark.parametrize("form", list(Form))
def test_a_post_shows_what_the_register_says_of_its_trial_whether_that_changed_or_not(
    form: Form,
) -> None:
    quiet, changed = TrialNote(line=a_line()), a_note("NCT01578239", record_id=3)
    trials = (quiet, changed)
    for digest in (
        a_digest(form=form, new=(new_post(trials=trials),)),
        a_digest(form=form, updated=(updated_post(trials=trials),)),
    ):
        for part in both_parts(digest):
            assert part.count("What the trial registers say") == 1
            assert (
                "ClinicalTrials.gov (NCT03590119): Completed. Register entry updated"
                " 8 November 2022; checked 16 November 2026." in part
            )
            assert (
                "Changed: Status in the register: was Recruiting, is listed as Completed." in part
            )
            assert "Register details: Participants: was 30 (planned), is listed as 27." in part
            assert part.count("Changed:") == 1


def test_a_register_line_links_to_the_register_in_both_parts() -> None:
    rendered = render(a_digest(new=(new_post(trials=(TrialNote(line=a_line()),)),)), TAGS)
    address = "https://clinicaltrials.gov/study/NCT03590119"
    assert re.search(rf'<a href="{address}"[^>]*>ClinicalTrials.gov \(NCT03590119\)</a>:',
                     rendered.html)  # fmt: skip
    assert f"\n{address}\n" in rendered.text
    assert check(rendered, TAGS, MASTHEAD) == ()


def test_a_list_of_trials_says_how_many_more_there_are() -> None:
    notes = tuple(TrialNote(line=a_line(f"NCT0000000{n}")) for n in (1, 2, 3))
    for part in both_parts(a_digest(new=(new_post(trials=notes, more_trials=27),))):
        assert "… and 27 more trials; the post names them." in part


def test_trial_updates_come_before_updated_posts() -> None:
    digest = replace(WEEKLY, trials=(trial_update(),))
    for part in both_parts(digest):
        text = part.casefold()
        places = [text.index(each) for each in ("hello all", "trial updates", "updated posts")]
        assert places == sorted(places)
        assert "1 trial update · 1 updated post · 2 new posts" in part
        assert "On the blog: The LUTIA trial" in part
    rendered = render(digest, TAGS)
    assert headings(rendered.html) == ["h1", "h2", "h3", "h2", "h3", "h2", "h3", "h3"]
    assert check(rendered, TAGS, MASTHEAD) == ()


def test_an_edition_may_have_nothing_but_a_trial_update() -> None:
    rendered = render(a_digest(trials=(trial_update(),)), TAGS)
    assert rendered.subject == "LUTIA: register entry changed"
    assert check(rendered, TAGS, MASTHEAD) == ()


def test_trial_updates_are_in_the_contents() -> None:
    digest = a_digest(trials=(trial_update(),), new=tuple(map(new_post, range(5))))
    rendered = render(digest, TAGS)
    assert "In this edition Trial updates LUTIA New posts New post 0" in visible(rendered.html)
    assert "\nTrial updates\n- LUTIA\n" in rendered.text


def test_a_sponsors_words_are_shown_as_written_and_do_no_harm() -> None:
    said = 'Suspended. Reason given by the sponsor: “<script>x</script> {{ 1 }} & "quotes"”.'
    note = a_note(line=a_line(said=said, url="javascript:alert(1)"), changes=(said,))
    digest = a_digest(new=(new_post(trials=(note,)),), trials=(trial_update(note=note),))
    for part in both_parts(digest):
        assert part.count(said) >= 4
    rendered = render(digest, TAGS)
    assert "javascript:" not in rendered.html + rendered.text
    assert "<script" not in rendered.html
    assert check(rendered, TAGS, MASTHEAD) == ()
