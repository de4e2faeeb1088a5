"""What the records of a sender's domain mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import dns
from newsletter.delivery.resolver import Answered
from newsletter.model.remark import Remark, Verdict

DOMAIN = "news.clinic.health"
KEY = "v=DKIM1; k=rsa; p=MIGfMA0"
ZONE = {
    (DOMAIN, "TXT"): ("v=spf1 include:sendgrid.net ~all", "some-site-verification=1"),
    ("sendgrid.net", "TXT"): ("v=spf1 ip4:192.0.2.0/24 -all",),
    (f"s1._domainkey.{DOMAIN}", "TXT"): (KEY,),
    (f"s2._domainkey.{DOMAIN}", "TXT"): (KEY,),
    (f"_dmarc.{DOMAIN}", "TXT"): ("v=DMARC1; p=none",),
    (DOMAIN, "MX"): ("20 second.clinic.health.", "10 first.clinic.health."),
}
Zone = dict[tuple[str, str], tuple[str, ...]]


def sender(provider: str = "sendgrid", selector: str = "") -> dns.Sender:
    return dns.Sender(
        domain=DOMAIN, provider=provider, report_to="ann@clinic.health", selector=selector
    )


def seen(changed: Zone, provider: str = "sendgrid", selector: str = "") -> list[Remark]:
    """The remarks on the whole zone with some of it changed; an empty tuple takes a record out."""
    zone = {**ZONE, **changed}
    return list(
        dns.examine(
            sender(provider, selector), lambda name, kind: Answered(zone.get((name, kind), ()))
        )
    )


def said(remarks: list[Remark], check: str) -> Remark:
    """The one remark of a check that is not fine, or else its last."""
    found = [remark for remark in remarks if remark.check == check]
    return next((remark for remark in found if remark.verdict is not Verdict.OK), found[-1])


def test_a_domain_in_order_has_only_fine_remarks() -> None:
    remarks = seen({})
    assert [(r.check, r.verdict) for r in remarks] == [
        (check, Verdict.OK) for check in ("SPF", "DKIM", "DKIM", "DMARC", "MX")
    ]
    assert "first.clinic.health, second.clinic.health" in remarks[-1].found


def test_two_spf_records_are_none() -> None:
    remark = said(seen({(DOMAIN, "TXT"): ("v=spf1 -all", "v=spf1 mx -all")}), "SPF")
    assert remark.verdict is Verdict.PROBLEM
    assert "2 SPF records" in remark.found


@pytest.mark.parametrize(
    ("provider", "verdict"),
    [("smtp", Verdict.PROBLEM), ("sendgrid", Verdict.WARNING), ("outbox", Verdict.WARNING)],
)
def test_no_spf_record_is_a_problem_where_the_server_is_ones_own(
    provider: str, verdict: Verdict
) -> None:
    """SendGrid's domain authentication brings an SPF record under a name of its own."""
    remark = said(seen({(DOMAIN, "TXT"): ("v=spf10 -all",)}, provider), "SPF")
    assert remark.verdict is verdict
    assert f'{DOMAIN}. TXT "v=spf1 ' in remark.mend


def test_an_spf_record_without_sendgrid_is_a_warning_with_the_record() -> None:
    changed: Zone = {(DOMAIN, "TXT"): ("v=spf1 mx -all",)}
    remark = said(seen(changed), "SPF")
    assert remark.verdict is Verdict.WARNING
    assert "include:sendgrid.net" in remark.mend
    assert said(seen(changed, "smtp"), "SPF").verdict is Verdict.OK


def test_sendgrid_may_be_named_further_down() -> None:
    zone: Zone = {
        (DOMAIN, "TXT"): ("v=spf1 include:spf.clinic.health -all",),
        ("spf.clinic.health", "TXT"): ("v=spf1 include:u1.wl.sendgrid.net -all",),
    }
    assert said(seen(zone), "SPF").verdict is Verdict.OK


def test_a_record_that_includes_itself_is_not_followed_forever() -> None:
    zone: Zone = {(DOMAIN, "TXT"): (f"v=spf1 include:{DOMAIN} include:sendgrid.net ~all",)}
    assert said(seen(zone), "SPF").verdict is Verdict.OK


@pytest.mark.parametrize(("includes", "verdict"), [(9, Verdict.OK), (10, Verdict.WARNING)])
def test_more_than_ten_lookups_are_a_warning(includes: int, verdict: Verdict) -> None:
    """RFC 7208 §4.6.4; with SendGrid's own it is one more."""
    terms = " ".join(f"include:s{n}.clinic.health" for n in range(includes))
    zone: Zone = {(DOMAIN, "TXT"): (f"v=spf1 {terms} include:sendgrid.net ip4:192.0.2.1 ~all",)}
    assert said(seen(zone), "SPF").verdict is verdict


@pytest.mark.parametrize("term", ["+all", "all"])
def test_a_record_that_allows_everybody_is_a_problem(term: str) -> None:
    remark = said(seen({(DOMAIN, "TXT"): (f"v=spf1 include:sendgrid.net {term}",)}), "SPF")
    assert remark.verdict is Verdict.PROBLEM


def test_a_missing_key_is_spelled_out() -> None:
    remark = said(seen({(f"s2._domainkey.{DOMAIN}", "TXT"): ()}), "DKIM")
    assert remark.verdict is Verdict.PROBLEM
    assert f"s2._domainkey.{DOMAIN} is missing." == remark.found
    assert f"s2._domainkey.{DOMAIN}. CNAME s2.domainkey." in remark.mend


def test_an_alias_to_nothing_and_a_key_taken_back() -> None:
    name = f"s1._domainkey.{DOMAIN}"
    nowhere = said(
        seen({(name, "TXT"): (), (name, "CNAME"): ("s1.domainkey.u1.wl1.sendgrid.net.",)}), "DKIM"
    )
    assert "points to s1.domainkey.u1.wl1.sendgrid.net., where there is no key" in nowhere.found
    assert "taken back" in said(seen({(name, "TXT"): ("v=DKIM1; p=",)}), "DKIM").found


def test_the_keys_may_be_those_of_the_domain_above() -> None:
    """A signature by the organisation's domain is aligned as well."""
    zone: Zone = {(f"{s}._domainkey.{DOMAIN}", "TXT"): () for s in ("s1", "s2")}
    zone |= {(f"{s}._domainkey.clinic.health", "TXT"): (KEY,) for s in ("s1", "s2")}
    assert said(seen(zone), "DKIM").verdict is Verdict.OK


def test_without_sendgrid_the_key_has_to_be_named() -> None:
    assert "--dkim-selector" in said(seen({}, "smtp"), "DKIM").found
    named = said(seen({}, "smtp", "s1"), "DKIM")
    assert named.found == f"s1._domainkey.{DOMAIN}: the key is there."
    assert said(seen({}, "smtp", "other"), "DKIM").verdict is Verdict.PROBLEM


def test_a_missing_dmarc_record_is_spelled_out() -> None:
    remark = said(seen({(f"_dmarc.{DOMAIN}", "TXT"): ()}), "DMARC")
    assert remark.verdict is Verdict.PROBLEM
    record = f'_dmarc.{DOMAIN}. TXT "v=DMARC1; p=none; rua=mailto:ann@clinic.health"'
    assert record in remark.mend


def test_the_policy_of_the_domain_above_counts() -> None:
    zone: Zone = {
        (f"_dmarc.{DOMAIN}", "TXT"): (),
        ("_dmarc.clinic.health", "TXT"): ("v=DMARC1; p=reject; sp=none; adkim=s",),
    }
    remark = said(seen(zone), "DMARC")
    assert remark.verdict is Verdict.OK
    assert "exactly this domain (adkim=s)" in remark.found


@pytest.mark.parametrize(
    "records", [("v=DMARC1; p=none", "v=DMARC1; p=reject"), ("v=DMARC1",), ("v=DMARC1; p=maybe",)]
)
def test_a_dmarc_record_that_says_nothing_is_a_problem(records: tuple[str, ...]) -> None:
    assert said(seen({(f"_dmarc.{DOMAIN}", "TXT"): records}), "DMARC").verdict is Verdict.PROBLEM


def test_a_domain_that_takes_no_mail_loses_answers() -> None:
    assert said(seen({(DOMAIN, "MX"): ()}), "MX").verdict is Verdict.PROBLEM
    assert said(seen({(DOMAIN, "MX"): ("0 .",)}), "MX").verdict is Verdict.PROBLEM
    web: Zone = {(DOMAIN, "MX"): (), (DOMAIN, "A"): ("192.0.2.1",)}
    assert said(seen(web), "MX").verdict is Verdict.WARNING


def test_in_a_rehearsal_what_is_missing_is_only_a_warning() -> None:
    remarks = list(dns.examine(sender("outbox"), lambda _name, _kind: Answered()))
    assert {remark.verdict for remark in remarks} == {Verdict.OK, Verdict.WARNING}


@pytest.mark.parametrize(
    ("provider", "verdict"), [("smtp", Verdict.PROBLEM), ("outbox", Verdict.WARNING)]
)
def test_a_domain_that_does_not_exist_is_said_once(provider: str, verdict: Verdict) -> None:
    remarks = list(dns.examine(sender(provider), lambda _name, _kind: Answered(unknown=True)))
    assert [(remark.check, remark.verdict) for remark in remarks] == [("domain", verdict)]


def test_where_nobody_answers_there_is_one_warning() -> None:
    asked: list[str] = []

    def ask(name: str, kind: str) -> Answered:
        asked.append(f"{name} {kind}")
        return Answered(failure="no answer in time")

    remarks = list(dns.examine(sender(), ask))
    assert [remark.verdict for remark in remarks] == [Verdict.WARNING]
    assert "could not be asked" in remarks[0].found
    assert len(asked) == 1


def test_example_domains_are_known() -> None:
    for name in ("example.org", "blog.example.com", "a.test", "localhost", "mail.local", "[::1]"):
        assert dns.is_reserved(name), name
    for name in ("clinic.health", "myexample.org", "example.de"):
        assert not dns.is_reserved(name), name


RECORDS = st.lists(
    st.sampled_from(["v=spf1", "v=DMARC1;", "v=DKIM1;", "p=none", "p=;", "include:", "include:a",
                     "redirect=%{d}", "all", "10 mail.", ";=;", "0 ."])
    | st.text(),
    max_size=6,
).map(" ".join)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(ZONE)), st.lists(RECORDS, max_size=3).map(tuple)))
def test_no_record_is_too_strange_to_be_judged(changed: Zone) -> None:
    changed = {key: records for key, records in changed.items() if key[1] != "MX"}
    assert {remark.check for remark in seen(changed)} == {"SPF", "DKIM", "DMARC", "MX"}
