"""The forms of a mail, how it is cut where it is full, and which pictures it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.check import check
from newsletter.editions.render import render
from newsletter.model.edition import Digest, Fit, Form, Images, Rendered
from newsletter.model.post import Image
from newsletter.model.trial import TrialFacts
from tests.digests import (
    MASTHEAD,
    PICTURE,
    TAGS,
    a_digest,
    a_line,
    a_note,
    new_post,
    trial_update,
    updated_post,
)

FACTS = TrialFacts(
    acronym="LUTIA",
    status="Completed",
    phase="Phase 2",
    purpose="looks whether the treatment seems to work",
    sites="3 sites: Utrecht (Netherlands)",
    updated="8 November 2022",
    checked="checked 16 November 2026",
    remarks=("Results are posted in the register.",),
)
UPDATE = trial_update(note=a_note(line=a_line(facts=FACTS)))
REGISTER = (
    "Register: ClinicalTrials.gov (NCT03590119); entry updated 8 November 2022;"
    " checked 16 November 2026."
)
INTRO = (
    "Trials mentioned on this blog, checked before each edition; not complete, not advice."
    " Ask your team or the trial's contact."
)
WEEKLY = a_digest(
    trials=(UPDATE,),
    updated=(updated_post(),),
    new=(new_post(1, image=PICTURE), new_post(2), new_post(3)),
    note="Hello **all**.",
)


def words(rendered: Rendered) -> tuple[str, str]:
    """All that can be read of the HTML and of the text, on one line each."""
    return " ".join(anatomy_of(rendered.html).text.split()), " ".join(rendered.text.split())


@pytest.mark.parametrize("form", list(Form))
def test_a_trial_is_a_card_of_facts_in_every_form(form: Form) -> None:
    rendered = render(replace(WEEKLY, form=form), TAGS)
    for part in words(rendered):
        facts = [
            INTRO,
            "LUTIA",
            "Register status: Completed",
            "What changed: Status in the register: was Recruiting, is listed as Completed.",
            "Results are posted in the register.",
            "Phase 2: looks whether the treatment seems to work",
            "Where: 3 sites: Utrecht (Netherlands)",
            REGISTER,
            "Register details: Participants: was 30 (planned), is listed as 27.",
            "On the blog: The LUTIA trial",
        ]
        text = part[part.index(INTRO) :]
        places = [text.find(fact) for fact in facts]
        assert -1 not in places
        assert places == sorted(places)
    assert 'href="https://clinicaltrials.gov/study/NCT03590119"' in rendered.html
    assert check(rendered, TAGS, MASTHEAD) == ()


def test_the_status_of_a_trial_has_the_same_colour_whatever_it_is() -> None:
    """Nobody is invited by green, or frightened by red."""
    shown = [
        re.findall(r'class="status" style="([^"]*)"', render(with_status(status), TAGS).html)
        for status in ("Recruiting", "Terminated (stopped early)", "Completed")
    ]
    assert len(shown[0]) == 1
    assert shown[0] == shown[1] == shown[2]


def with_status(status: str) -> Digest:
    facts = replace(FACTS, status=status)
    return a_digest(trials=(trial_update(note=a_note(line=a_line(facts=facts))),))


def test_the_plain_form_has_no_pictures_boxes_or_colours() -> None:
    rendered = render(replace(WEEKLY, form=Form.PLAIN), TAGS)
    body = re.sub(r"<!--.*?-->", "", rendered.html.partition("<body")[2], flags=re.DOTALL)
    assert not re.search(r"<img|<table|background|[^-]color:", body)
    levels = "".join(re.findall(r"<h([1-6])", body))
    assert levels == "123" + "23" + "2333"
    assert sum("/new-" in link.href for link in anatomy_of(rendered.html).links) == 3


def test_every_form_says_the_same() -> None:
    texts = {form: render(replace(WEEKLY, form=form), TAGS).text for form in Form}
    assert texts[Form.NORMAL] == texts[Form.LARGE] == texts[Form.PLAIN]
    assert sorted(texts[Form.DISCREET].split()) == sorted(
        f"{texts[Form.NORMAL]} 5 things to read, in about 17 minutes.".split()
    )


@pytest.mark.parametrize(
    ("images", "address", "shown"),
    [
        (Images.NONE, PICTURE.url, False),
        (Images.BLOG, PICTURE.url, True),
        (Images.BLOG, "https://pictures.example.net/a.png", False),
        (Images.ALL, PICTURE.url, True),
        (Images.ALL, "https://pictures.example.net/a.png", True),
        (Images.ALL, "http://pictures.example.net/a.png", False),
    ],
)
def test_the_settings_say_which_pictures_are_shown(
    images: Images, address: str, shown: bool
) -> None:
    post = new_post(image=Image(url=address, alt="A path", width=600))
    digest = a_digest(new=(post,), masthead=replace(MASTHEAD, images=images))
    assert ("<img" in render(digest, TAGS).html) is shown


@pytest.mark.parametrize(("alt", "shown"), [("A path", "A path"), ("IMG_2044.JPG", "")])
def test_the_name_of_a_file_is_no_alternative_text(alt: str, shown: str) -> None:
    html = render(a_digest(new=(new_post(image=replace(PICTURE, alt=alt)),)), TAGS).html
    assert f'alt="{shown}"' in html


def cut(fit: Fit, form: Form = Form.NORMAL) -> tuple[Rendered, str]:
    """The edition cut, and its text on one line."""
    long = "It was a long day, and a good one. " * 20
    digest = a_digest(
        trials=(UPDATE, trial_update("NCT00000002")),
        updated=(updated_post(quote_html=f"<p><b>{long}</b></p>", quote_text=long),),
        new=tuple(new_post(n, excerpt=long, image=PICTURE) for n in (1, 2)),
        fit=fit,
        form=form,
    )
    rendered = render(digest, TAGS)
    assert check(rendered, TAGS, MASTHEAD) == ()
    return rendered, " ".join(rendered.text.split())


@pytest.mark.parametrize("form", list(Form))
def test_excerpts_and_quotations_become_shorter(form: Form) -> None:
    whole, short = cut(Fit(), form)[0], cut(Fit(short=True), form)[0]
    assert len(short.text) < len(whole.text) - 1000
    assert len(short.html) < len(whole.html) - 1000
    html, text = words(short)
    said = "It was a long day"
    shown_first = short.preheader.count(said)
    assert html.count(said) == text.count(said) + shown_first > 6


def test_pictures_give_way_before_posts_do() -> None:
    assert cut(Fit(short=True))[0].html.count("<img") == 2
    assert cut(Fit(short=True, pictures=False))[0].html.count("<img") == 0


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(("titles", "excerpts", "quotes"), [(1, 1, 1), (2, 0, 1), (3, 0, 0)])
def test_the_last_posts_show_their_titles_first(
    form: Form, titles: int, excerpts: int, quotes: int
) -> None:
    rendered, text = cut(Fit(short=True, titles=titles), form)
    assert text.count("4 min read") == excerpts
    assert text.count("What changed: New section") == quotes
    for each in ("New post 1", "New post 2", "through the liver artery (LUTIA)"):
        assert each in text
    for link in ("new-1", "new-2", "trial-100"):
        assert f"/{link}/" in rendered.html
        assert f"/{link}/" in text


@pytest.mark.parametrize("form", list(Form))
def test_what_is_left_out_is_said_with_the_way_to_the_blog(form: Form) -> None:
    rendered, _ = cut(Fit(short=True, left=7), form)
    for part in words(rendered):
        assert "… and 7 more on the blog" in part
    assert "… and 7 more on the blog:\nhttps://www.blog.example.org\n" in rendered.text
    assert "more on the blog" not in cut(Fit(), form)[1]


@pytest.mark.parametrize("form", list(Form))
def test_a_trial_in_brief_still_says_its_status_what_changed_and_where_that_stands(
    form: Form,
) -> None:
    rendered, text = cut(Fit(brief=2), form)
    whole, _ = cut(Fit(), form)
    assert "Register status: Completed" in text
    assert text.count("What changed: Status in the register") == 2
    assert "https://clinicaltrials.gov/study/NCT00000002" in rendered.text
    assert "On the blog" not in text
    assert len(rendered.html) < len(whole.html)


def test_subject_and_preheader_are_templates(tmp_path: Path) -> None:
    (tmp_path / "digest").mkdir()
    own = "{{ headline.name }} and more!!!\n{{ headline.rest }}"
    (tmp_path / "digest" / "subject.txt.j2").write_text(own)
    (tmp_path / "digest" / "preheader.txt.j2").write_text("This week: {{ headline.line }}")
    rendered = render(WEEKLY, TAGS, overrides=tmp_path)
    assert rendered.subject == "LUTIA and more! 1 updated post and 3 new posts"
    assert rendered.preheader == f"This week: {render(WEEKLY, TAGS).subject}"
    assert rendered.preheader in rendered.html


def test_a_mail_from_right_to_left_keeps_lines_of_another_language_in_order() -> None:
    masthead = replace(MASTHEAD, language="he", direction="rtl", title="חיים")
    for form in Form:
        html = render(replace(WEEKLY, masthead=masthead, form=form), TAGS).html
        assert '<html lang="he" dir="rtl"' in html
        assert "unicode-bidi: plaintext" in html
        assert "\u2066Week of 16\u00a0November 2026\u2069" in html
        assert "unicode-bidi" not in render(replace(WEEKLY, form=form), TAGS).html
