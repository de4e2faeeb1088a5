"""A message is complete, and decodes to exactly the variant with the person's links in it."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from quopri import decodestring
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.links import links_for
from newsletter.delivery.message import (
    Envelope,
    MessageTemplate,
    Notice,
    list_id,
    notice_message,
    quoted_printable,
    words_safe,
)
from newsletter.model.edition import Form, Rendered, Tags
from newsletter.model.personal import Links, fill_html, fill_text

NONCE = "0123abcd0123abcd"
TAGS = Tags.of(NONCE)
DATE = datetime(2026, 11, 16, 9, 30, tzinfo=timezone(timedelta(hours=1)))
ID = "019a8e2b7c00" + "0f" * 10
LINKS = links_for("https://news.example.org/", "2026-W47", "t0ken-T0ken_t0ken")
ENVELOPE = Envelope(
    sender_name="Morgan Hale",
    sender_address="news@blog.example.org",
    reply_to="morgan@blog.example.org",
    title="A Slow Kind of Luck",
    language="en-GB",
)
HTML = (
    '<!doctype html><p style="color:#123456">Größe = 5 µm — “quoted” 🎗</p>\n'
    f'<a href="{TAGS.unsubscribe_html}">Leave</a> <a href="{TAGS.preferences_html}">Choose</a>\n'
    f'<a href="{TAGS.view_html}">View</a>\n' + "<td>x</td>" * 200
)
TEXT = (
    f"Größe = 5 µm.\n.\n..dots\nFrom here on\ntrailing space \n\tTab\n{TAGS.unsubscribe_text}\n"
    f"{TAGS.view_text} {TAGS.preferences_text}\n-- \nPO Box 1\n"
)

any_text = st.text(max_size=300) | st.text("ab =.\t\n\ré🎗", max_size=300)
"""Also many line ends and marks that quoted-printable treats in its own way."""

addresses = st.text("abz019-._~:/?#[]@!$&'()*+,;=%", min_size=1, max_size=120).map(
    lambda rest: f"https://news.example.org/{rest}"
)


def rendered(**changes: Any) -> Rendered:
    values: dict[str, Any] = {
        "key": "all",
        "form": Form.NORMAL,
        "subject": "A trial has news",
        "mjml": "",
        "html": HTML,
        "text": TEXT,
        "checksum": "",
    }
    return Rendered(**{**values, **changes})


def envelope(**changes: Any) -> Envelope:
    values = {name: getattr(ENVELOPE, name) for name in Envelope.__slots__}
    return Envelope(**{**values, **changes})


def raw(
    variant: Rendered | None = None, sender: Envelope = ENVELOPE, links: Links = LINKS
) -> bytes:
    template = MessageTemplate(sender, variant or rendered(), TAGS, nonce=NONCE)
    return template.message(delivery_id=ID, address="ada@example.org", links=links, date=DATE)


def parsed(message: bytes) -> EmailMessage:
    """The message as a mail program reads it; a fault that it had to overlook fails the test."""
    found = email.message_from_bytes(message, policy=email.policy.default)
    for part in found.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), name
    return found


def check_form(message: bytes) -> None:
    """Only CRLF ends a line; no line is over the limits of RFC 5322 §2.1.1 and RFC 2045 §6.7."""
    lines = message.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    assert max(map(len, lines)) <= 998
    head = lines.index(b"")
    in_body = [line for line in lines[head:] if not line.startswith(b"Content-")]
    assert max(map(len, in_body)) <= 76
    assert message.isascii()
    assert message.endswith(b"--\r\n")


def content(part: MIMEPart | None) -> str:
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def line_ends(text: str) -> str:
    """A mail has one kind of line end only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_both_parts_are_the_variant_with_the_links_filled_in() -> None:
    message = raw()
    check_form(message)
    found = parsed(message)
    assert found.get_content_type() == "multipart/alternative"
    plain, html = cast("list[EmailMessage]", list(found.iter_parts()))
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert content(plain) == fill_text(TEXT, TAGS, LINKS)
    assert content(html) == fill_html(HTML, TAGS, LINKS)
    assert not any(tag.encode() in message for tag in TAGS.all())


@given(text=any_text, html=any_text, order=st.permutations(TAGS.all()), url=addresses)
def test_any_text_and_any_link_decode_to_exactly_what_was_meant(
    text: str, html: str, order: list[str], url: str
) -> None:
    """Also with tags at the beginning, at the end, beside each other and next to line ends."""
    links = Links(unsubscribe=url, preferences=url + "&b=1", view="https://x.example/'\"<>")
    middle = len(text) // 2
    body = text[:middle] + order[0] + order[1] + text[middle:] + "".join(order[2:])
    page = "".join(order) + html + order[0] or "x"
    message = raw(rendered(text=body, html=page), links=links)
    check_form(message)
    found = parsed(message)
    assert content(found.get_body(("plain",))) == line_ends(fill_text(body, TAGS, links))
    assert content(found.get_body(("html",))) == line_ends(fill_html(page, TAGS, links))


@given(text=any_text)
def test_quoted_printable_decodes_to_the_same_text_and_leaves_room_for_a_soft_break(
    text: str,
) -> None:
    encoded = quoted_printable(text)
    assert line_ends(decodestring(encoded).decode()) == line_ends(text)
    lines = encoded.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert len(lines[-1]) <= 75
    assert not any(line.endswith((b" ", b"\t")) for line in lines)


def test_a_text_only_variant_has_no_html_part() -> None:
    message = raw(rendered(html=""))
    check_form(message)
    found = parsed(message)
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain"]


def test_the_headers_are_those_a_newsletter_needs() -> None:
    """RFC 2369, RFC 8058, RFC 2919, RFC 5322 §3.6; each once."""
    found = parsed(raw())
    assert dict(found.items()) | {"Content-Type": ""} == {
        "To": "ada@example.org",
        "Date": "Mon, 16 Nov 2026 08:30:00 +0000",
        "Message-ID": f"<{ID}@blog.example.org>",
        "List-Unsubscribe": "<https://news.example.org/unsubscribe/t0ken-T0ken_t0ken>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "From": "Morgan Hale <news@blog.example.org>",
        "Reply-To": "morgan@blog.example.org",
        "Subject": "A trial has news",
        "List-Id": '"A Slow Kind of Luck" <newsletter.blog.example.org>',
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en-GB",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }
    assert len(found.keys()) == len(set(found.keys()))


def test_without_a_reply_address_there_is_no_such_header() -> None:
    assert parsed(raw(sender=envelope(reply_to="")))["Reply-To"] is None


def test_answers_to_a_mail_that_is_no_edition_go_where_those_to_editions_go() -> None:
    """As by SendGrid; the pages tell readers to just answer one of our mails."""
    notice = Notice(to="ada@example.org", subject="The link you asked for", text="Here it is.")
    found = parsed(notice_message(envelope(), notice, date=DATE))
    assert found["Reply-To"] == "morgan@blog.example.org"
    assert parsed(notice_message(envelope(reply_to=""), notice, date=DATE))["Reply-To"] is None


def test_the_date_is_written_in_utc() -> None:
    assert parsed(raw())["Date"].datetime.astimezone(UTC) == DATE


names = st.text(max_size=80) | st.sampled_from(
    [
        "Hale, Morgan (NET)",
        'Morgan "Mo" Hale',
        "Zoë 🎗 Größe",
        "a\\b",
        "=?utf-8?q?x?=",
        "x" * 200,
        "Ärger " * 30,
        "evil\r\nBcc: all@example.org",
        "<script>",
        "news@other.example",
        "  ",
    ]
)


@given(name=names)
def test_any_sender_s_name_is_read_as_it_was_written(name: str) -> None:
    message = raw(sender=envelope(sender_name=name))
    check_form(message)
    (sender,) = parsed(message)["From"].addresses
    assert sender.addr_spec == "news@blog.example.org"
    assert display_name(message).split() == words_safe(name).split()


def display_name(message: bytes) -> str:
    """The sender's name by RFC 2047 §6.2: what is between two encoded words is left out.

    (The parser of `email.policy` puts a space there, inside of words.)
    """
    value = email.message_from_bytes(message)["From"]
    name, _ = parseaddr(value.replace("\r\n", ""))
    return str(make_header(decode_header(name)))


@given(subject=names)
def test_any_subject_is_read_as_it_was_written_and_adds_no_header(subject: str) -> None:
    message = raw(rendered(subject=subject))
    check_form(message)
    found = parsed(message)
    assert found.keys() == parsed(raw()).keys()
    assert found["Subject"].split() == words_safe(subject).split()
    assert b"?==?" not in message  # two encoded words side by side, which some servers reject


@given(title=names)
def test_any_title_gives_a_list_id_with_the_same_name(title: str) -> None:
    """Programs sort mail by what stands in angle brackets."""
    message = raw(sender=envelope(title=title))
    check_form(message)
    found = parsed(message)
    assert found.keys() == parsed(raw()).keys()
    assert str(found["List-Id"]).endswith("<newsletter.blog.example.org>")
    assert list_id(envelope(title=title)).count("<newsletter.") == 1


@pytest.mark.parametrize("token", ["a\r\nBcc: all@example.org", "a\nX: y", "a\x00b"])
def test_a_link_adds_no_header(token: str) -> None:
    links = links_for("https://news.example.org", "2026-W47", token)
    found = parsed(raw(links=links))
    assert found.keys() == parsed(raw()).keys()
    assert found["List-Unsubscribe"].count("https://") == 1


def test_two_people_of_a_variant_differ_only_in_what_is_personal() -> None:
    """And a message made twice is the same bytes, so that writing it again changes nothing."""
    template = MessageTemplate(ENVELOPE, rendered(), TAGS, nonce=NONCE)

    def message(name: str) -> bytes:
        links = links_for("https://news.example.org", "2026-W47", f"token-{name}")
        address = f"{name}@example.org"
        return template.message(delivery_id=f"id-{name}", address=address, links=links, date=DATE)

    assert message("ada") == message("ada")
    assert message("ada").replace(b"ada", b"bob") == message("bob")
