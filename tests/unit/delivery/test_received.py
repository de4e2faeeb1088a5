"""Looking into a mail that was saved from a mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.received import aligned, examine
from newsletter.errors import UsageError
from newsletter.model.remark import Remark, Verdict

MAILS = Path(__file__).parents[2] / "data" / "received"
AS_SENT = (MAILS / "as-sent.eml").read_text(encoding="utf-8")
REWRITTEN = (MAILS / "rewritten.eml").read_text(encoding="utf-8")
ADDRESS = "Morgan Hale, PO Box 1, Exampleton, EX1 1AA"


def seen(text: str, postal_address: str | None = ADDRESS) -> list[Remark]:
    return list(examine(text.encode(), postal_address=postal_address))


def changed(old: str, new: str) -> list[Remark]:
    """The remarks on the good mail with one thing changed."""
    assert old in AS_SENT
    return seen(AS_SENT.replace(old, new))


def complaints(remarks: list[Remark]) -> list[tuple[str, Verdict]]:
    """What is not fine."""
    return [(r.check, r.verdict) for r in remarks if r.verdict is not Verdict.OK]


def test_a_mail_that_arrived_as_it_was_sent_is_fine() -> None:
    remarks = seen(AS_SENT)
    assert complaints(remarks) == []
    assert {r.check for r in remarks} == {
        "DKIM", "one-click", "SPF", "DMARC", "List-Unsubscribe", "List-Id", "parts", "size",
        "pixel", "links", "footer",
    }  # fmt: skip


def test_line_ends_make_no_difference() -> None:
    assert seen(AS_SENT.replace("\n", "\r\n")) == seen(AS_SENT)


def test_a_mail_that_was_changed_on_the_way_is_seen_through() -> None:
    """Signed by the provider alone, counted, with a footer; and the forged results are ignored."""
    remarks = seen(REWRITTEN)
    assert complaints(remarks) == [
        (check, Verdict.PROBLEM)
        for check in ("DKIM", "SPF", "DMARC", "List-Unsubscribe", "one-click", "List-Id", "pixel",
                      "links", "footer")
    ]  # fmt: skip
    found = {remark.check: remark.found for remark in remarks}
    assert found["DKIM"] == (
        "The mail is from news.clinic.example, but signed only by provider.example."
    )
    assert "“Sent with a free provider." in found["footer"]
    assert "u1.ct.sendgrid.net" in found["pixel"]


def test_the_personal_link_is_not_repeated() -> None:
    """Whoever has it can unsubscribe the person, and reports are passed around."""
    assert "Yx3d9" not in str(seen(AS_SENT))


@pytest.mark.parametrize("name", ["list-unsubscribe:", "list-unsubscribe-post:"])
def test_a_list_header_outside_of_the_signature_is_a_problem(name: str) -> None:
    remarks = changed(name, "")
    assert complaints(remarks) == [("one-click", Verdict.PROBLEM)]
    assert name.rstrip(":") in str(remarks)


def test_a_signature_that_the_server_found_wrong_is_a_problem() -> None:
    remarks = changed("dkim=pass header.i=@clinic.example", "dkim=fail header.i=@clinic.example")
    assert complaints(remarks) == [("DKIM", Verdict.PROBLEM)]


def test_a_signature_that_nobody_looked_at_is_a_warning() -> None:
    remarks = changed("Authentication-Results", "X-Something")
    assert complaints(remarks) == [(c, Verdict.WARNING) for c in ("DKIM", "SPF", "DMARC")]
    assert "not verified here" in str(remarks)


def test_a_comment_is_no_result() -> None:
    """A display of `dkim=pass` inside of parentheses is anybody's word."""
    remarks = changed(
        "dkim=pass header.i=@clinic.example", "(dkim=pass header.d=clinic.example (no)) dkim=none"
    )
    assert ("DKIM", Verdict.WARNING) in complaints(remarks)


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("<https://news.clinic.example/u/Yx3d9>\n", "<https://a.example>, <https://b.example>\n",
         "List-Unsubscribe"),
        ("List-Id:", "List-Unsubscribe: <mailto:a@b.example>\nList-Id:", "List-Unsubscribe"),
        ("=One-Click", "=Two-Clicks", "one-click"),
        ("List-Id:", "X-Id:", "List-Id"),
        ("Content-Type: text/plain", "Content-Type: text/calendar", "parts"),
        ('width=3D"520"', 'width=3D"1"', "pixel"),
        ('width=3D"520"', 'style=3D"width:1px;height:1px"', "pixel"),
        ('width=3D"520"', 'style=3D"display:none"', "pixel"),
        ("walk.png", "wf/open?upn=3D1", "pixel"),
        ('"https://blog.clinic.example/how', '"https://url9.clinic.example/ls/click?upn=3Dhow',
         "links"),
        ("</body>", "<p>Sent by a provider</p></body>", "footer"),
        ("EX1&nbsp;1AA", "", "footer"),
        ("<style>", f"<style>/*{'x' * 103_000}*/", "size"),
    ],
)  # fmt: skip
def test_each_fault_is_a_problem_of_its_own(old: str, new: str, check: str) -> None:
    assert (check, Verdict.PROBLEM) in complaints(changed(old, new))


def test_a_host_that_only_the_html_links_to_is_a_warning() -> None:
    remarks = changed('"https://blog.clinic.example/how', '"https://elsewhere.example/how')
    assert complaints(remarks) == [("links", Verdict.WARNING)]
    assert "elsewhere.example" in str(remarks)


def test_a_mail_near_the_limit_of_size_is_a_warning() -> None:
    remarks = changed("<style>", f"<style>/*{'x' * 98_000}*/")
    assert complaints(remarks) == [("size", Verdict.WARNING)]


@pytest.mark.parametrize("address", [None, "", "  \n"])
def test_without_a_postal_address_the_footer_is_not_judged(address: str | None) -> None:
    assert complaints(seen(AS_SENT, address)) == [("footer", Verdict.WARNING)]


@pytest.mark.parametrize("charset", ["none-such", "rot13", "a\x00b", "idna"])
def test_a_charset_that_is_none_hides_nothing(charset: str) -> None:
    remarks = changed('text/html; charset="utf-8"', f'text/html; charset="{charset}"')
    assert ("pixel", Verdict.OK) in [(r.check, r.verdict) for r in remarks]
    assert ("parts", Verdict.OK) in [(r.check, r.verdict) for r in remarks]


def test_the_address_is_found_whatever_its_line_breaks() -> None:
    assert complaints(seen(AS_SENT, ADDRESS.replace(", ", ",\n"))) == []


@pytest.mark.parametrize(
    "text", ["", "no mail at all", "Subject: only\n\nwords", "From: nobody\n\n"]
)
def test_what_is_no_mail_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        seen(text)
    assert "no mail" in refused.value.message


@pytest.mark.parametrize(
    ("domain", "sender", "fits"),
    [
        ("clinic.example", "clinic.example", True),
        ("clinic.example", "news.clinic.example", True),
        ("em7.clinic.example", "clinic.example", True),
        ("otherclinic.example", "clinic.example", False),
        ("example", "clinic.example", False),
        ("", "clinic.example", False),
    ],
)
def test_alignment(domain: str, sender: str, fits: bool) -> None:
    assert aligned(domain, sender) is fits


HEADERS = st.sampled_from(
    ["From", "DKIM-Signature", "Authentication-Results", "List-Unsubscribe", "List-Id",
     "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
)  # fmt: skip
VALUES = st.text(st.sampled_from("ab=;:@<>()\"'., \t/-%?\u00e4\x00") | st.characters(codec="utf-8"))


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=6), VALUES)
def test_no_mail_is_too_broken_to_be_looked_into(headers: list[tuple[str, str]], body: str) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    assert seen(f"From: a@b.example\n{head}\n<a href='{body}'>{body}")


def test_a_second_empty_sender_hides_nothing() -> None:
    remarks = seen("From: Jane <jane@example.org>\nFrom: \nFrom: \n\nHello")
    assert any("example.org" in remark.found for remark in remarks)
