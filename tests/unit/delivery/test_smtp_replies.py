"""What each reply of a mail server means; total, and no address gets out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.answers import NotTaken, Stopped, Taken, Unknown
from newsletter.delivery.transports.smtp_connection import Server, dots_doubled, starts_tls
from newsletter.delivery.transports.smtp_replies import (
    REASON_LENGTH,
    Reply,
    Step,
    answer,
    reason,
    shown,
)
from newsletter.delivery.transports.smtp_trouble import NotEncrypted

ADDRESS = "annabella@meadow.example.org"

texts = st.text(max_size=60) | st.sampled_from(
    [
        "5.1.1 <annabella@meadow.example.org>: unknown",
        "4.5.3 too many recipients",
        "5.7.1 Relay access denied",
        "Annabella has no mailbox at MEADOW.example.org",
    ]
)
replies = st.builds(
    Reply, step=st.sampled_from(Step), code=st.integers(0, 999) | st.sampled_from([421, 452]),
    text=texts,
)  # fmt: skip


@given(reply=replies)
def test_every_reply_has_a_meaning_and_no_meaning_has_an_address(reply: Reply) -> None:
    found = answer(reply, delivery_id="id1", address=ADDRESS)
    assert isinstance(found, Taken | NotTaken | Stopped | Unknown)
    said = repr(found).lower()
    assert "annabella" not in said
    assert "meadow" not in said


@given(reply=replies)
def test_only_after_the_final_dot_can_a_message_be_taken_or_in_doubt(reply: Reply) -> None:
    found = answer(reply, delivery_id="id1", address=ADDRESS)
    if reply.step < Step.END:
        assert not isinstance(found, Unknown)
        assert found != Taken()
    else:
        assert isinstance(found, Unknown) == (not 200 <= reply.code < 300 and reply.code // 100
                                              not in (4, 5))  # fmt: skip
        assert (found == Taken()) == (200 <= reply.code < 300)


@given(reply=replies)
def test_a_message_that_was_refused_for_good_was_refused_with_a_5(reply: Reply) -> None:
    found = answer(reply, delivery_id="id1", address=ADDRESS)
    if isinstance(found, Taken) and found.rejected:
        assert 500 <= reply.code < 600
        assert found.rejected == {"id1": reason(reply)}
        assert len(reason(reply)) <= REASON_LENGTH


@given(reply=replies)
def test_a_connection_is_kept_only_after_a_whole_reply_and_never_in_the_middle(
    reply: Reply,
) -> None:
    if reply.keeps:
        assert reply.taken or reply.code // 100 in (4, 5)
        assert reply.code != 421
        assert reply.step is not Step.BODY
    assert not (reply.blames_connection and reply.step >= Step.BODY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5.1.1 <anna@clinic.example.org>: unknown", "5.1.1 <a***@c***.org>: unknown"),
        ("to=annabella@meadow.example.org, Annabella?", "t***@m***.org, ***?"),
        ("meadow.example.org said no", "*** said no"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("x" * 200, "x" * 119 + "…"),
    ],
)
def test_a_text_is_shown_on_one_line_without_addresses(text: str, said: str) -> None:
    assert shown(text, ADDRESS) == said


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (550, "5.1.1 x", "550 5.1.1"),
        (550, "x 5.1.1", "550"),
        (550, "5.1.1x", "550"),
        (552, "", "552"),
    ],
)
def test_the_reason_is_made_of_numbers_only(code: int, text: str, expected: str) -> None:
    assert reason(Reply(step=Step.RECIPIENT, code=code, text=text)) == expected


# ---- what goes over the wire -------------------------------------------------------------------

lines = st.lists(st.binary(max_size=8).filter(lambda line: not {10, 13} & set(line)), max_size=8)


@given(lines=lines | st.lists(st.sampled_from([b".", b"..", b"", b".x", b"x"]), max_size=8))
def test_a_doubled_message_has_no_end_in_it_and_is_read_as_it_was(lines: list[bytes]) -> None:
    """As a server undoes it: the first dot of a line that begins with one goes."""
    content = b"\r\n".join(lines)
    sent = dots_doubled(content)
    assert sent.endswith(b"\r\n")
    got = sent.removesuffix(b"\r\n").split(b"\r\n")
    assert b"." not in got
    read = b"\r\n".join(line.removeprefix(b".") for line in got)
    assert read == content.removesuffix(b"\r\n")


def server(host: str, security: str = "auto", port: int = 587) -> Server:
    return Server(host=host, port=port, name="x.example.org", security=security)  # type: ignore[arg-type]


HERE = ["localhost", "127.0.0.1", "::1", "mail.localhost"]
THERE = ["mail.example.org", "192.0.2.1", "2001:db8::1", "localhost.example.org", "127.1"]


@pytest.mark.parametrize("host", HERE)
def test_on_this_computer_encryption_is_taken_where_it_is_offered(host: str) -> None:
    assert starts_tls(server(host), offered=True)
    assert not starts_tls(server(host), offered=False)
    assert not starts_tls(server(host, "none"), offered=True)
    with pytest.raises(NotEncrypted):
        starts_tls(server(host, "starttls"), offered=False)


@pytest.mark.parametrize("host", THERE)
@pytest.mark.parametrize("security", ["auto", "starttls", "none"])
def test_to_another_computer_nothing_goes_in_clear(host: str, security: str) -> None:
    with pytest.raises(NotEncrypted) as refused:
        starts_tls(server(host, security), offered=False)
    assert refused.value.stop
    assert host in refused.value.message
    assert refused.value.mend


@pytest.mark.parametrize(
    ("security", "port", "expected"),
    [("auto", 465, True), ("auto", 587, False), ("tls", 587, True), ("starttls", 465, False),
     ("none", 465, False)],
)  # fmt: skip
def test_which_ports_are_encrypted_at_once(security: str, port: int, expected: bool) -> None:
    assert server("mail.example.org", security, port).tls_at_once is expected


def test_a_server_does_not_show_its_password() -> None:
    shown_ = repr(Server(host="h", port=25, name="n", user="anna", password="geheim"))
    assert "geheim" not in shown_
    assert "anna" in shown_
