"""The mails that answer who asked for something on a page: to confirm, to choose, to be forgotten.

Sender, subject and the line an inbox shows beside it say nothing of what the newsletter is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from newsletter.editions import plaintext
from newsletter.editions.blame import located
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.palette import sizes_of
from newsletter.editions.templates import templates_of
from newsletter.errors import RenderError
from newsletter.model.edition import Form
from newsletter.model.look import Look
from newsletter.templating import Templates

_FOLDER = "confirm"
_INBOX_LINE = "You, or somebody with your address, asked for this mail."


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """What such a mail tells. `kind` is the name of its templates; `link` may be "".

    `wording` is what the person agrees to; `holds` is how long the link does, in words.
    `preferences` and `unsubscribe` are the lasting links of who is on the list, or "".
    """

    kind: str
    title: str
    link: str
    holds: str
    language: str
    direction: str
    form: Form
    wording: str = ""
    preferences: str = ""
    unsubscribe: str = ""
    reply_address: str = ""
    postal_address: str = ""

    @property
    def discreet(self) -> bool:
        """Whether not even the body may name the newsletter."""
        return self.form is Form.DISCREET


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterMail:
    """The finished texts; `html` is "" for who wants plain text."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the frame of a mail is given; the names are those of an edition's page."""

    language: str
    direction: str
    start: str
    head_title: str
    preheader: str = _INBOX_LINE


def render_letter(letter: LetterText, look: Look, *, own: Path | None = None) -> LetterMail:
    """The mail, from the templates in `confirm/`, those of the folder `own` first.

    Raises RenderError, which names the template.
    """
    templates = templates_of(own)
    name = f"{_FOLDER}/{letter.kind}"
    subject = " ".join(templates.render(f"{name}.subject.txt.j2", {"letter": letter}).split())
    page = _Page(
        language=letter.language,
        direction=letter.direction,
        start="right" if letter.direction == "rtl" else "left",
        head_title=subject,
    )
    values: dict[str, object] = {
        "letter": letter,
        "page": page,
        "light": look.light,
        "dark": look.dark,
    }
    text = templates.render(f"{name}.txt.j2", values)
    html = ""
    if letter.form is not Form.PLAIN:
        values["sizes"] = sizes_of(letter.form)
        html = _html(templates, f"{name}.mjml.j2", values, f"The mail “{subject}”")
    return LetterMail(subject=subject, text=plaintext.tidied(text), html=html)


def _html(templates: Templates, name: str, values: dict[str, object], about: str) -> str:
    try:
        return mjml_to_html(templates.render(name, values), about=about)
    except RenderError as error:
        raise located(error, about, templates, name, values) from error


def in_words(time: timedelta) -> str:
    """So many days or hours, such as "3 days" or "1 hour"."""
    hours = round(time / timedelta(hours=1))
    number, unit = (hours // 24, "day") if hours % 24 == 0 and hours > 24 else (hours, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
