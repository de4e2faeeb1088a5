"""Signing up by the pages, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from subscribers import membership
from tests.house.source import ROOT
from tests.integration.web.reader import (
    ANNA,
    join,
    letters,
    newest,
    person,
    sign_up,
    token_of,
)
from tests.webapp import SETTINGS, Served, served

HOW_TO = ROOT / "docs" / "how-to" / "sign-up-form.md"


@pytest.fixture
def site(tmp_path: Path, migrated_url: str) -> Iterator[Served]:
    """A server whose mails are files."""
    with served(tmp_path, database_url=migrated_url) as found:
        yield found


def test_who_signs_up_gets_one_mail_and_is_on_the_list_after_one_click(site: Served) -> None:
    answer = sign_up(site, topics="trials", form="large")
    assert answer.status == 200
    assert "Please look into your mailbox" in answer.text
    letter = newest(site)
    assert person(site)["status"] == "pending"
    page = site.get(letter.link)
    assert page.status == 200
    assert "Yes, send it to me" in page.text
    assert person(site)["status"] == "pending"
    assert "Welcome" in site.post(letter.link).text
    row = person(site)
    assert (row["status"], row["topics"], row["form"]) == ("active", "trials", "large")
    assert len(letters(site)) == 1


def test_looking_at_the_confirmation_page_often_changes_nothing(site: Served) -> None:
    sign_up(site)
    link = newest(site).link
    for _ in range(5):
        assert site.get(link).status == 200
        assert site.ask("HEAD", link).status == 200
    assert person(site)["status"] == "pending"


def test_confirming_twice_says_so_and_harms_nothing(site: Served) -> None:
    sign_up(site)
    link = newest(site).link
    site.post(link)
    before = person(site)
    for answer in (site.post(link), site.get(link)):
        assert answer.status == 200
        assert "You are on the list already" in answer.text
    assert person(site) == before


def test_a_used_link_of_who_has_left_does_not_say_that_she_is_on_the_list(site: Served) -> None:
    join(site)
    link = newest(site).link
    site.post(f"/unsubscribe/{token_of(site)}")
    for answer in (site.get(link), site.post(link)):
        assert answer.status == 410
        assert "after that you left the list" in answer.text
    assert person(site)["status"] == "unsubscribed"


def test_who_may_not_be_written_to_is_told_before_she_presses_the_button(site: Served) -> None:
    sign_up(site)
    link = newest(site).link
    with site.wiring.database().begin() as connection:
        secrets = site.wiring.secret_keys()
        membership.suppress(connection, ANNA, now=site.wiring.now(), secrets=secrets)
    for answer in (site.get(link), site.post(link)):
        assert answer.status == 403
        assert "We may not write to this address" in answer.text


def test_the_answer_tells_nobody_who_is_on_the_list(site: Served) -> None:
    """For the known and the unknown it is the same, byte for byte."""
    join(site)
    known, unknown = sign_up(site), sign_up(site, "nobody@example.org")
    assert (known.status, known.text) == (unknown.status, unknown.text)
    known = site.post("/link", email=ANNA, purpose="dossier")
    unknown = site.post("/link", email="nobody.at.all@example.org", purpose="dossier")
    assert (known.status, known.text) == (unknown.status, unknown.text)


def test_the_mail_and_the_page_after_asking_are_neutral(site: Served) -> None:
    answer = sign_up(site)
    assert "A Slow Kind of Luck" not in answer.text
    assert "Luck" not in newest(site).subject
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "@example.org", "a b@example.org", "\0"])
def test_what_is_no_address_is_shown_again_with_what_is_wrong(site: Served, typed: str) -> None:
    answer = sign_up(site, typed, topics="trials")
    assert answer.status == 400
    assert "That is not a complete e-mail address." in answer.text
    assert re.search(r'value="trials" checked', answer.text)
    assert letters(site) == []


def test_a_fault_is_told_first_to_who_hears_the_page(site: Served) -> None:
    """In its title, and at the field, which has the focus."""
    link = site.post("/link", email="anna", purpose="dossier")
    for answer in (sign_up(site, "anna@"), link):
        assert "<title>Please look again: " in answer.text
        (field,) = re.findall(r"<input [^>]*autofocus[^>]*>", answer.text)
        assert 'name="email"' in field
        assert 'aria-describedby="fault"' in field
        assert '<p class="fault" id="fault"' in answer.text
    for path in ("/", "/link"):
        assert "autofocus" not in site.get(path).text
        assert "look again" not in site.get(path).text


def test_an_address_that_is_typed_stays_in_the_form_and_is_escaped(site: Served) -> None:
    answer = sign_up(site, '"><script>alert(1)</script>')
    assert answer.status == 400
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_form_with_an_old_text_shows_today_s_first(site: Served) -> None:
    """What is written down as agreed to is what was read."""
    answer = site.post("/subscribe", email=ANNA, topics="trials", form="plain")
    assert answer.status == 200
    assert "One more step" in answer.text
    assert f'value="{ANNA}"' in answer.text
    assert re.search(r'value="trials" checked', answer.text)
    assert re.search(r'value="plain" checked', answer.text)
    assert letters(site) == []


def test_a_program_that_fills_in_everything_gets_no_mail(site: Served) -> None:
    honest = sign_up(site, "bob@example.org")
    trapped = sign_up(site, extra="Cheap pills")
    assert trapped.text == honest.text
    assert letters(site, ANNA) == []


@pytest.mark.parametrize("path", ["/", "/embed", "/link"])
def test_no_browser_fills_the_trap_in_for_a_person(site: Served, path: str) -> None:
    """Browsers fill in fields by their names, also those that say they should not."""
    traps = re.findall(r'<input [^>]*tabindex="-1"[^>]*>', site.get(path).text)
    (name,) = re.findall(r'name="(\w+)"', traps[0])
    assert not re.search("mail|name|company|organi|phone|tel|url|site|address|city|title", name)


def test_too_many_from_one_network_are_asked_to_wait(site: Served) -> None:
    answers = [sign_up(site, f"reader{n}@example.org") for n in range(21)]
    assert [a.status for a in answers] == [200] * 20 + [429]
    assert "Please wait some minutes" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(letters(site)) == 20


def test_the_network_is_the_one_that_a_trusted_proxy_names(site: Served) -> None:
    for n in range(25):
        mark = re.search(r'name="shown" value="(\w+)"', site.get("/").text)
        assert mark is not None
        answer = site.post(
            "/subscribe",
            {"X-Forwarded-For": f"198.51.100.{n}"},
            email=f"reader{n}@example.org",
            shown=mark[1],
        )
        assert answer.status == 200


@pytest.mark.parametrize(
    "said",
    [
        "198.51.100.{}, 203.0.113.5",  # the proxy adds what it saw to what the visitor had said
        "2001:db8::{}",  # one household has a whole /64
        "203.0.113.5:800{}",  # some proxies name the port as well
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_nobody_is_another_network_by_saying_so(site: Served, said: str) -> None:
    asked = [
        site.post("/link", {"X-Forwarded-For": said.format(n)}, email=f"reader{n}@example.org")
        for n in range(21)
    ]
    assert [answer.status for answer in asked] == [200] * 20 + [429]


def test_who_is_no_trusted_proxy_is_not_believed(tmp_path: Path) -> None:
    more = '[signup]\nper_network = 2\n[web]\ntrusted_proxies = ["192.0.2.1"]\n'
    with served(tmp_path, more=more) as alone:
        asked = [
            alone.post("/link", {"X-Forwarded-For": f"198.51.100.{n}"}, email=f"r{n}@example.org")
            for n in range(3)
        ]
    assert [answer.status for answer in asked] == [200, 200, 429]


def test_an_address_is_mailed_once_however_often_it_is_typed(site: Served) -> None:
    for _ in range(10):
        assert sign_up(site).status == 200
    assert len(letters(site)) == 1


def test_unknown_topics_and_forms_are_left_out(site: Served) -> None:
    join(site, topics="no-such-topic", form="no-such-form")
    row = person(site)
    assert (row["topics"], row["form"]) == ("", "normal")


def test_where_nobody_may_sign_up_the_page_says_so(tmp_path: Path) -> None:
    with served(tmp_path, more="[signup]\nenabled = false\n") as closed:
        assert "Nobody can sign up here at present." in closed.get("/").text
        assert "<form" not in closed.get("/").text
        assert closed.post("/subscribe", email=ANNA).status == 404


def test_the_form_can_be_framed_by_the_blog_alone(site: Served) -> None:
    policy = site.get("/embed").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://blog.example.org" in policy
    assert "frame-ancestors 'none'" in site.get("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("website", "named"),
    [
        ("https://example.org/my-blog", "https://example.org"),
        ("https://блог.example/лента", "https://xn--90aexm.example"),
        ("https://blog.example.org:8443/;script-src", "https://blog.example.org:8443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_blog_is_named_to_browsers_by_its_origin(
    tmp_path: Path, website: str, named: str
) -> None:
    """A path would keep every page of the blog from showing the form, or end the header's part."""
    settings = SETTINGS.replace('https://blog.example.org"', f'{website}"', 1)
    assert website in settings
    with served(tmp_path, settings=settings) as found:
        answer = found.get("/embed")
    assert answer.status == 200
    assert answer.headers["content-security-policy"].endswith(f" 'self' {named}")


@pytest.mark.parametrize(
    ("path", "place"), [("/", "sign-up page"), ("/embed", "sign-up form in a frame")]
)
def test_the_evidence_says_where_the_form_stood(site: Served, path: str, place: str) -> None:
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', site.get(path).text))
    assert site.post("/subscribe", email=ANNA, **hidden).status == 200
    newest(site)
    with site.wiring.read() as connection:
        (asked,) = membership.show(connection, ANNA, secrets=site.wiring.secret_keys()).consents
    assert asked.source == place


def test_the_form_of_the_documentation_leads_to_ours(site: Served) -> None:
    """What is to be pasted into a blog posts to a route that is there, by fields that it knows."""
    form, frame = re.findall(r"^```html\n(.*?)^```$", HOW_TO.read_text(), re.MULTILINE | re.DOTALL)
    action = re.search(r'action="https://news.example.org(\S+)" method="post"', form)
    names = re.findall(r' name="(\w+)"', form)
    assert action is not None
    assert names == ["email"]
    answer = site.post(action[1], email=ANNA)
    assert "One more step" in answer.text
    assert f'value="{ANNA}"' in answer.text
    source = re.search(r'src="https://news.example.org(\S+)"', frame)
    assert source is not None
    assert site.get(source[1]).status == 200
