"""What the gate can find: each kind with its code, whether it holds the edition, and the mend.

docs/reference/findings.md is written from this list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.edition import Finding

TEMPLATE = "Correct the template of your own, or delete it to use the one of the program."
WHICH_TEMPLATE = f"{TEMPLATE} `newsletter templates check` says which."
ORIGIN = (
    "Correct it where it comes from: a template of your own (`newsletter templates check` says"
    " which), the note, or the post; a post can be left out with `newsletter editions drop EDITION"
    " POST`."
)
COLOURS = "Choose a darker or a lighter colour in the settings; the section says which mode it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of finding. An `error` holds the edition, anything else is a warning.

    `about` says what is looked for and why; `mend` what to do, where nothing better is known.
    """

    code: str
    about: str
    mend: str
    error: bool = True


KINDS = (
    Kind(
        code="too-large",
        about="The HTML is over 95,000 bytes with the longest personal links. Gmail cuts a mail off"
        " at about 102,000, and the link for unsubscribing with it.",
        mend="Leave posts out with `newsletter editions drop EDITION POST`, or shorten the note.",
    ),
    Kind(
        code="leftover",
        about="Something of a template was not filled in: `{{`, `{%`, an `<mj-…>` tag, or a mark"
        " for a personal link that this part or the subject cannot fill.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(code="subject", about="The subject is empty or has several lines.", mend=WHICH_TEMPLATE),
    Kind(
        code="no-language",
        about="The mail does not say its language, so a screen reader reads it in a wrong voice.",
        mend="Set `language` in the settings, such as en-GB.",
    ),
    Kind(
        code="wrong-language",
        about="The mail says another language than the settings, so a screen reader reads it in a"
        " wrong voice.",
        mend="Take `lang` from `page.language` in the template of your own, or correct `language`"
        " in the settings.",
    ),
    Kind(code="no-title", about="The HTML has no title.", mend=WHICH_TEMPLATE),
    Kind(code="duplicate-id", about="An id is there twice.", mend=WHICH_TEMPLATE),
    Kind(
        code="unbalanced",
        about="An element is closed that was not opened, or is left open. It is followed both as"
        " most programs see the mail and as Outlook does.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="active-content",
        about="A script, a form, a frame, a film, a drawing (`<svg>`) or a font from elsewhere."
        " Mail programs take it out, or the mail for spam.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="small-type",
        about="A text smaller than 16 pixels.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="low-contrast",
        about="A text that stands out too little from its ground: under 4.5 to 1, or under 3 to 1"
        " from 24 pixels on. It is computed from the palette and from the styles in the mail.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="bad-link",
        about="A link leads to no web address, no mail address and no place in the mail.",
        mend=ORIGIN,
    ),
    Kind(code="empty-link", about="A link has no text that could be read aloud.", mend=ORIGIN),
    Kind(
        code="tracking-link",
        about="A link has a parameter of somebody who counts readers, such as utm_source.",
        mend="Take it out of the template, the note or the text at the foot.",
    ),
    Kind(
        code="insecure-link",
        about="Links without encryption (http).",
        mend="If the site answers to https, link to that on the blog.",
        error=False,
    ),
    Kind(code="bad-picture", about="A picture has no web address.", mend=ORIGIN),
    Kind(
        code="insecure-picture",
        about="Pictures without encryption (http); some mail programs do not show them.",
        mend="If the site answers to https, use that address on the blog.",
        error=False,
    ),
    Kind(
        code="foreign-picture",
        about="A picture, a picture as a ground, or a style sheet on another host than the blog's,"
        " which learns who opens the mail, and when.",
        mend="Put it on the blog and use its address there.",
        error=False,
    ),
    Kind(code="no-alt", about="A picture has no alternative text.", mend=ORIGIN),
    Kind(
        code="no-width",
        about="A picture has no width in pixels; Outlook would show it as large as it is.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="too-wide",
        about="A picture is wider than 600 pixels, the width of the mail.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(code="no-text", about="The plain-text part is empty.", mend=WHICH_TEMPLATE),
    Kind(
        code="not-in-text",
        about="A title or a link of the HTML is missing in the plain-text part; links in quotations"
        " are not asked for.",
        mend="Write it into the text template as well (digest/….txt.j2).",
    ),
    Kind(
        code="words-not-in-text",
        about="Words of the HTML are missing in the plain-text part; those in quotations are not"
        " asked for.",
        mend="Write them into the text template as well (digest/….txt.j2).",
        error=False,
    ),
    Kind(
        code="not-in-html",
        about="A link of the plain-text part is missing in the HTML, and with it the post or the"
        " trial that it belongs to.",
        mend="Write it into the HTML template as well (digest/….mjml.j2), or delete the one of your"
        " own.",
    ),
    Kind(
        code="no-unsubscribe",
        about="The link to unsubscribe is missing in the HTML or in the text, or cannot be seen"
        " there.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="no-postal-address",
        about="The postal address is missing in the settings, the HTML or the text. In a rehearsal"
        " a setting that is still missing is a warning.",
        mend=WHICH_TEMPLATE,
    ),
    Kind(
        code="indiscreet",
        about="A word of `privacy.words` stands in the sender, the subject, the pre-header, the"
        " title or another header of a discreet mail, where others can see it.",
        mend="Change what it is made of, or take the word out of `privacy.words`.",
    ),
    Kind(
        code="broken-message",
        about="The complete message is not what a mail program expects: Python's parser finds a"
        " defect in it, or does not give back the parts that were put in.",
        mend="Report it with the file that `newsletter preview` writes; leave the post out until"
        " then, if one is to blame.",
    ),
    Kind(
        code="broken-template",
        about="`newsletter templates check`: a template of your own cannot be filled, or what it"
        " makes cannot be turned into HTML. File and line are named.",
        mend=TEMPLATE,
    ),
    Kind(
        code="unknown-template",
        about="`newsletter templates check`: a file of your own has the name of none of the"
        " program's templates, so it changes nothing unless another of yours includes it.",
        mend="Give it one of the names that `newsletter templates list` shows, or delete it.",
        error=False,
    ),
    Kind(
        code="outdated-template",
        about="`newsletter templates check`: the program's template has changed since you copied"
        " it.",
        mend="Copy it anew with `newsletter templates copy NAME --force`, and put your changes in"
        " from the .old file beside it.",
        error=False,
    ),
    Kind(
        code="unknown-value",
        about="`newsletter templates check`: a template of your own asks for a value that none of"
        " the program's templates in that folder asks for, so probably nobody gives it.",
        mend="Correct the name, or take it out.",
        error=False,
    ),
    Kind(
        code="post-gone",
        about="A post whose page is gone from the blog is left out.",
        mend="If it is there, run the command again in an hour: then it is looked for anew.",
        error=False,
    ),
    Kind(
        code="broken-link",
        about="A link to the blog leads to a page that is gone.",
        mend="Correct the link on the blog, and collect again.",
        error=False,
    ),
    Kind(
        code="unsure-link",
        about="Pages of the blog that could not be reached when they were tried.",
        mend="Open it in a browser; readers who click will meet what you see there.",
        error=False,
    ),
)


def once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that say of one variant what was said of another before."""
    said: dict[tuple[str, str, str], Finding] = {}
    for each in findings:
        section = each.place.partition(", ")[2]
        said.setdefault((each.code, section, each.message), each)
    return list(said.values())


_BY_CODE = {kind.code: kind for kind in KINDS}


def finding(code: str, place: str, message: str, mend: str = "") -> Finding:
    """A finding of this kind, with its own mend unless there is a better one."""
    kind = _BY_CODE[code]
    return Finding(
        code=code, error=kind.error, place=place, message=message, mend=mend or kind.mend
    )
