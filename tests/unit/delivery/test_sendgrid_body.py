"""The body of a request to SendGrid: what it says, what it cannot be made to say."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.answers import Stopped
from newsletter.delivery.links import SAMPLE_TOKEN
from newsletter.delivery.message import Notice
from newsletter.delivery.transports.contract import TEST_FOLDER, Mail, Slot
from newsletter.delivery.transports.sendgrid_body import RequestTemplate, notice_body
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Tags
from tests.sendgrid import ENVELOPE, NONCE, mail, reader

OFF = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
SLOT = Slot(provider_id="BATCH-1_x", send_at=datetime(2026, 11, 18, 12, 7, 30, 900, tzinfo=UTC))
HOSTILE = (
    "<script>alert(1)</script>",
    "a\r\nBcc: everybody@example.org\r\n\r\nmore",
    'quotes " and \\ and %s %(email)s {{name}} {"to":[]}',
    "-nl-ffff0000ffff0000-unsubscribe-html-",
    "🎗 família 家",
    "\u202eright to left\u202c",
    "=?utf-8?q?hidden?=",
    "\x00\x1b\u2028\x85",
    "x" * 5000,
)


def body(given: Mail, *people: Recipient, attempt: int = 1, slot: Slot | None = None) -> Any:
    template = RequestTemplate(given)
    assert template.fault(people) is None
    return json.loads(template.body(people or [reader(1)], attempt=attempt, slot=slot))


def contents(made: Any) -> dict[str, str]:
    return {part["type"]: part["value"] for part in made["content"]}


def received(made: Any, place: int = 0) -> dict[str, str]:
    """The parts as SendGrid makes them for one recipient: each tag replaced by its value."""
    parts = contents(made)
    for tag, value in made["personalizations"][place].get("substitutions", {}).items():
        parts = {kind: text.replace(tag, value) for kind, text in parts.items()}
    return parts


def test_a_request_says_what_it_must_and_nothing_else() -> None:
    tags = Tags.of(NONCE)
    made = body(mail(), reader(7), attempt=3, slot=SLOT)
    (person,) = made.pop("personalizations")
    parts = made.pop("content")
    token, root = reader(7).token, "https://news.example.org"
    assert made == {
        "batch_id": "BATCH-1_x",
        "send_at": int(SLOT.send_at.timestamp()),
        "from": {"email": "news@blog.example.org", "name": "Morgan Hale"},
        "reply_to": {"email": "morgan@blog.example.org"},
        "subject": "A trial has news",
        "categories": ["newsletter"],
        "tracking_settings": OFF,
    }
    assert [part["type"] for part in parts] == ["text/plain", "text/html"]
    assert person == {
        "to": [{"email": "reader7@host.example.org"}],
        "headers": {
            "List-Unsubscribe": f"<{root}/unsubscribe/{token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": '"A Slow Kind of Luck" <newsletter.blog.example.org>',
            "Auto-Submitted": "auto-generated",
        },
        "substitutions": {
            tags.unsubscribe_html: f"{root}/unsubscribe/{token}",
            tags.preferences_html: f"{root}/preferences/{token}",
            tags.unsubscribe_text: f"{root}/unsubscribe/{token}",
            tags.preferences_text: f"{root}/preferences/{token}",
        },
        "custom_args": {"nl_delivery": reader(7).delivery_id, "nl_attempt": "3"},
    }


def test_a_request_without_a_window_leaves_at_once() -> None:
    assert not {"send_at", "batch_id"} & set(body(mail()))


def test_each_reader_gets_their_own_links_and_no_placeholder() -> None:
    people = [reader(1), reader(2)]
    made = body(mail(), *people)
    for place, person in enumerate(people):
        for part in received(made, place).values():
            assert f"/unsubscribe/{person.token}" in part
            assert f"/preferences/{person.token}" in part
            assert "https://news.example.org/archive/2026-W47" in part
            assert people[1 - place].token not in part
            assert "-nl-" not in part


def test_the_view_link_is_the_same_for_all_and_needs_no_substitution() -> None:
    assert "https://news.example.org/archive/2026-W47" in contents(body(mail()))["text/html"]


def test_a_text_only_mail_has_no_html_and_no_tags_for_it() -> None:
    made = body(mail(text_only=True))
    assert list(contents(made)) == ["text/plain"]
    tags = made["personalizations"][0]["substitutions"]
    assert len(tags) == 2
    assert not any("html" in tag for tag in tags)


def test_values_are_escaped_for_html_and_left_alone_in_text() -> None:
    made = body(mail(pages="https://news.example.org/a&b'c"), reader(1, token="t&<\"'>"))
    given = made["personalizations"][0]["substitutions"]
    texts = {tag: value for tag, value in given.items() if "-text-" in tag}
    assert all(value.endswith("/t&<\"'>") for value in texts.values())
    for tag, value in given.items():
        if "-html-" in tag:
            assert not set(value) & set("<>\"'")
            assert html.unescape(value) in texts.values()


# ---- without a server of our own ----------------------------------------------------------------


def test_without_pages_sendgrid_puts_its_own_link() -> None:
    """Its tag stands for a bare address, in the links of the HTML part and in the text part."""
    made = body(mail(pages=""))
    tag = made["tracking_settings"]["subscription_tracking"]["substitution_tag"]
    assert made["tracking_settings"] == {
        **OFF, "subscription_tracking": {"enable": True, "substitution_tag": tag}
    }  # fmt: skip
    (person,) = made["personalizations"]
    assert set(person["headers"]) == {"List-Id", "Auto-Submitted"}
    assert "substitutions" not in person
    assert not set(tag) & set(" <>&")
    assert f'<a href="{tag}">' in contents(made)["text/html"]
    for part in contents(made).values():
        assert part.count(tag) == 1
        assert "mailto:morgan@blog.example.org?subject=Change" in part
        assert "-nl-" not in part.replace(tag, "")


def test_a_text_only_mail_without_pages_has_the_link_too() -> None:
    made = body(mail(pages="", text_only=True))
    tag = made["tracking_settings"]["subscription_tracking"]["substitution_tag"]
    assert tag in contents(made)["text/plain"]


def test_a_test_mail_without_pages_can_unsubscribe_nobody() -> None:
    made = body(mail(pages="", folder=TEST_FOLDER), reader(1, token=SAMPLE_TOKEN))
    assert made["tracking_settings"] == OFF
    for part in contents(made).values():
        assert "mailto:morgan@blog.example.org?subject=Unsubscribe" in part
        assert "-nl-" not in part


# ---- what people write --------------------------------------------------------------------------


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_arrive_whole_and_add_nothing(words: str) -> None:
    """In a title, a sender's name or a post they are words, and never a header or a recipient."""
    plain = body(mail(words="-"))
    made = body(mail(words=words, subject=f"On {words}", sender_name=words, title=words))
    assert set(made) == set(plain)
    assert [person["to"] for person in made["personalizations"]] == [
        [{"email": "reader1@host.example.org"}]
    ]
    headers = made["personalizations"][0]["headers"]
    assert set(headers) == set(plain["personalizations"][0]["headers"])
    assert received(made)["text/plain"].startswith(f"{words} ")
    assert received(made)["text/html"].startswith(f"<p>{html.escape(words)}</p>")
    assert "<script>" not in received(made)["text/html"]
    near_headers = [made["subject"], made["from"].get("name", ""), *headers.values()]
    for value in near_headers:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", value)
        assert "=?" not in value
    assert max(map(len, headers.values())) < 998
    kept = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", words).replace("=?", "= ?").strip()
    assert made["subject"] == f"On {kept}".strip()
    assert made["from"].get("name", "") == kept


def test_a_hostile_reader_is_one_reader() -> None:
    hostile = reader(
        1, address='a@example.org"},{"email":"b@example.org', delivery_id='x"', token="t\r\nBcc: x"
    )
    made = body(mail(), hostile, reader(2))
    assert len(made["personalizations"]) == 2
    assert made["personalizations"][0]["to"] == [{"email": hostile.address}]
    assert made["personalizations"][0]["custom_args"]["nl_delivery"] == 'x"'
    for value in made["personalizations"][0]["headers"].values():
        assert "\n" not in value
        assert "\r" not in value


def test_no_name_and_no_address_beside_the_one_recipient() -> None:
    raw = RequestTemplate(mail()).body([reader(1)], attempt=1).decode()
    assert "Reader Number1" not in raw
    assert raw.count("reader1@host.example.org") == 1


# ---- what cannot be sent ------------------------------------------------------------------------


LEFT_OVER = f"See -nl-{NONCE}-greeting-html- here"


@pytest.mark.parametrize("edition", [mail(subject=LEFT_OVER), mail(words=LEFT_OVER)])
def test_a_placeholder_that_nobody_fills_stops(edition: Mail) -> None:
    fault = RequestTemplate(edition).fault([reader(1)])
    assert isinstance(fault, Stopped)
    assert f"-nl-{NONCE}-greeting-html-" in fault.error
    assert fault.mend


def test_a_tag_of_ours_in_the_subject_stops() -> None:
    """SendGrid would put a personal link into the subject."""
    template = RequestTemplate(mail(subject=Tags.of(NONCE).unsubscribe_text))
    assert isinstance(template.fault([reader(1)]), Stopped)


def test_too_many_bytes_of_substitutions_stop() -> None:
    assert RequestTemplate(mail(pages=f"https://{'a' * 2000}.org")).fault([reader(1)]) is None
    for edition, person in (
        (mail(pages=f"https://{'a' * 2500}.org"), reader(1)),
        (mail(), reader(1, token="t" * 2500)),
    ):
        fault = RequestTemplate(edition).fault([reader(2), person])
        assert isinstance(fault, Stopped)
        assert fault.mend


# ---- mails to the admin -------------------------------------------------------------------------


def test_a_notice_belongs_to_no_list() -> None:
    notice = Notice(to="admin@example.org", subject="Sent\r\nBcc: x@example.org", text="Done.")
    made = json.loads(notice_body(notice, ENVELOPE))
    assert made.pop("subject") == "Sent Bcc: x@example.org"
    assert made == {
        "personalizations": [
            {
                "to": [{"email": "admin@example.org"}],
                "headers": {"Auto-Submitted": "auto-generated"},
            }
        ],
        "from": {"email": "news@blog.example.org", "name": "Morgan Hale"},
        "reply_to": {"email": "morgan@blog.example.org"},
        "content": [{"type": "text/plain", "value": "Done."}],
        "categories": ["newsletter"],
        "tracking_settings": OFF,
    }


# ---- the law ------------------------------------------------------------------------------------

ANY = st.text(max_size=20)
TOKEN = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf", "Co", "Cn")))
PERSON = st.builds(
    lambda address, delivery, token: reader(
        1, address=address, delivery_id=delivery, token=token
    ),
    ANY, ANY, TOKEN,
)  # fmt: skip


def plainly(given: Mail, people: list[Recipient], attempt: int, slot: Slot | None) -> Any:
    """The personalizations built one by one, as anybody would."""
    root, tags = given.public_url, given.tags
    return [
        {
            "to": [{"email": person.address}],
            "headers": {
                "List-Unsubscribe": f"<{root}/unsubscribe/{person.token}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "List-Id": '"A Slow Kind of Luck" <newsletter.blog.example.org>',
                "Auto-Submitted": "auto-generated",
            },
            "substitutions": {
                tags.unsubscribe_html: html.escape(f"{root}/unsubscribe/{person.token}"),
                tags.preferences_html: html.escape(f"{root}/preferences/{person.token}"),
                tags.unsubscribe_text: f"{root}/unsubscribe/{person.token}",
                tags.preferences_text: f"{root}/preferences/{person.token}",
            },
            "custom_args": {"nl_delivery": person.delivery_id, "nl_attempt": str(attempt)},
        }
        for person in people
    ]


@given(
    people=st.lists(PERSON, min_size=1, max_size=5),
    attempt=st.integers(1, 10**6),
    slot=st.none() | st.builds(Slot, provider_id=ANY, send_at=st.just(SLOT.send_at)),
    subject=ANY,
    words=ANY,
    pages=st.sampled_from(["https://news.example.org", "https://x.org/ä%20&'{}%s"]),
)
def test_filling_in_is_the_same_as_building_it(
    people: list[Recipient], attempt: int, slot: Slot | None, subject: str, words: str, pages: str
) -> None:
    """Whatever the values are, the bytes parse to what a plain construction gives."""
    given_mail = mail(pages=pages, subject=subject, words=words)
    made = json.loads(RequestTemplate(given_mail).body(people, attempt=attempt, slot=slot))
    assert made["personalizations"] == plainly(given_mail, people, attempt, slot)
    assert made.get("batch_id") == (slot.provider_id if slot else None)
    assert made.get("send_at") == (int(SLOT.send_at.timestamp()) if slot else None)
    assert contents(made)["text/plain"].startswith(words)
