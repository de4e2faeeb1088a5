"""A made-up edition with everything that an edition can show, and made-up mails of other kinds.

Templates, settings and the gate are tried on them, when there is no news or before there is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from newsletter.config import Settings
from newsletter.delivery.links import SAMPLE_TOKEN, links_for, mailed_link
from newsletter.editions.letters import LetterText
from newsletter.editions.period import period_of
from newsletter.model.edition import (
    Digest,
    DigestItem,
    Form,
    ItemKind,
    Masthead,
    PostLink,
    TrialNote,
    TrialUpdate,
)
from newsletter.model.page import Withdrawn
from newsletter.model.post import Image
from newsletter.model.trial import Register, RegisterLine, TrialId
from newsletter.pipeline.context import masthead_of, schedule_of
from subscribers.model import Letter

NONCE = "0" * 16
"""The nonce of an edition that is never sent."""

_POSTS = 5


def sample_digest(settings: Settings, now: datetime, *, form: Form = Form.NORMAL) -> Digest:
    """All parts of an edition: note, contents, trials, updated and new posts, what is withdrawn."""
    website = settings.newsletter.website
    return Digest(
        period=period_of(schedule_of(settings), now),
        masthead=_masthead(settings),
        variant="all",
        form=form,
        note=f"A note *to see* how one looks, with [a link]({website}/made-up/).\n\n- one\n- two",
        trials=(_trial_update(website, now),),
        updated=(_updated(website, now),),
        new=tuple(_new(website, now, number) for number in range(1, _POSTS)),
        sample=True,
        withdrawn=(
            Withdrawn(
                post_id=99,
                title="A made-up post that is gone",
                url=f"{website}/made-up-gone/",
                edition_key="2000-W01",
                since=now,
            ),
        ),
    )


def sample_letters(settings: Settings, form: Form) -> tuple[LetterText, ...]:
    """The mails that answer who asked for something, one of each kind, with all they can say."""
    given = settings.newsletter
    root = given.public_url or given.website
    own = links_for(root, "")
    return tuple(
        LetterText(
            kind=letter.value,
            title=given.title,
            link=mailed_link(root, letter, SAMPLE_TOKEN),
            holds="3 days",
            language=given.language,
            direction=given.direction,
            form=form,
            wording="The made-up words that a person agrees to.",
            preferences=own.preferences if letter is Letter.ALREADY else "",
            unsubscribe=own.unsubscribe if letter is Letter.ALREADY else "",
            reply_address=given.reply_address,
            postal_address=given.postal_address,
        )
        for letter in Letter
    )


def _masthead(settings: Settings) -> Masthead:
    """That of the settings, and something made up for what they leave empty."""
    given = masthead_of(settings)
    look, website = given.look, given.website
    logo = look.logo or Image(url=f"{website}/made-up.png", alt="A made-up logo", width=160)
    return replace(
        given,
        disclaimer=given.disclaimer or "A made-up disclaimer.",
        postal_address=given.postal_address or "A made-up street 1, Madeup",
        look=replace(
            look,
            logo=logo,
            masthead=look.masthead or "A made-up line",
            footer=look.footer or f"A made-up text with [a link]({website}/made-up-foot/).",
        ),
    )


def _post(website: str, now: datetime, number: int, kind: ItemKind) -> DigestItem:
    return DigestItem(
        post_id=number,
        revision_id=number,
        kind=kind,
        title=f"A made-up post that is {kind}, number {number}",
        url=f"{website}/made-up-{kind}-{number}/",
        published=now - timedelta(days=number),
        updated=None,
        excerpt="This post does not exist. It shows how one would look.",
        reading_minutes=number,
    )


def _new(website: str, now: datetime, number: int) -> DigestItem:
    """The first one has a picture, the second one trials, and the third one hardly anything."""
    post = _post(website, now, number, ItemKind.NEW)
    if number == 1:
        picture = Image(url=f"{website}/made-up.png", alt="A made-up picture", width=900)
        return replace(post, image=picture)
    if number == 2:
        return replace(post, trials=(TrialNote(line=_line(1)), _note(2)), more_trials=3)
    return replace(post, excerpt="", published=None) if number == 3 else post


def _updated(website: str, now: datetime) -> DigestItem:
    return replace(
        _post(website, now, 10, ItemKind.UPDATED),
        published=datetime(2000, 1, 1, 12, tzinfo=UTC),
        updated=now,
        change="There is a new section.",
        quote_html="<p>The <strong>words</strong> of the new section.</p><ul><li>one</li></ul>",
        quote_text="The words of the new section.\n- one",
        trials=(_note(3),),
    )


def _trial_update(website: str, now: datetime) -> TrialUpdate:
    link = PostLink(title="A made-up post about it", url=f"{website}/made-up-trial/")
    return TrialUpdate(note=_note(4), posts=(link,))


def _note(number: int) -> TrialNote:
    return TrialNote(
        line=_line(number),
        title=f"A made-up trial, number {number}",
        changes=("Status in the register: was Recruiting, is listed as Completed.",),
        details=("Participants: was 30 (planned), is listed as 27.",),
        record_id=number,
    )


def _line(number: int) -> RegisterLine:
    trial = TrialId(Register.CTGOV, f"NCT0000000{number}")
    return RegisterLine(
        trial=trial,
        label=f"ClinicalTrials.gov ({trial.number})",
        said="Completed. Register entry updated 1\u00a0January 2000; checked 2\u00a0January 2000.",
        url=f"https://clinicaltrials.gov/study/{trial.number}",
    )
