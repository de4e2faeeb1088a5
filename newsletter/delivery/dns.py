"""Whether a domain may be written from: the rules for SPF, DKIM, DMARC and MX records.

The questions are asked by a function that is passed in, so that the rules stay free of the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.delivery.resolver import Answered, Ask
from newsletter.model.remark import Remark, Verdict, fine, grave, problem, warning

SENDGRID = "sendgrid.net"

MOST_LOOKUPS = 10
"""An SPF record may cause so many further questions (RFC 7208 §4.6.4)."""

_RESERVED = frozenset({"example", "test", "invalid", "localhost", "local"})
_RESERVED_DOMAINS = ("example.com", "example.net", "example.org")
_TERM = re.compile(
    r"[+?~-]?(include|a|mx|ptr|exists|redirect)(?:[:=]([^/\s]+))?(?:/\S*)?$", re.IGNORECASE
)
_POLICY = re.compile(r"v\s*=\s*DMARC1\s*(;|$)")  # RFC 7489 §6.3: the first tag, in capitals


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What the domain is asked about. `selector`: the name of the DKIM key, if it is known.

    `provider` is the transport's name; `real`: mails really go out; `report_to`: an address for the
    reports of a DMARC record that is proposed.
    """

    domain: str
    provider: str
    report_to: str
    selector: str = ""

    @property
    def real(self) -> bool:
        """Whether mails really go out."""
        return self.provider != "outbox"


def is_reserved(domain: str) -> bool:
    """Whether a domain is one for examples or for one machine alone (RFC 2606, RFC 6761)."""
    name = domain.lower().rstrip(".")
    if name.rpartition(".")[2] in _RESERVED or name.startswith("["):
        return True
    return any(name == known or name.endswith(f".{known}") for known in _RESERVED_DOMAINS)


def examine(sender: Sender, ask: Ask) -> Iterator[Remark]:
    """All that can be said of the sender's domain. Stops when nobody answers or knows it."""
    first = ask(sender.domain, "TXT")
    if first.failure:
        yield unanswered("SPF", sender.domain, first)
        return
    if first.unknown:
        found = f"{sender.domain}: the name server knows no such domain."
        mend = "Check `sender`; if it is right, ask another server: --nameserver 9.9.9.9"
        yield grave("domain", found, mend, real=sender.real)
        return
    yield from spf(sender, first.records, ask)
    yield from dkim(sender, ask)
    yield from dmarc(sender, ask)
    yield mail_exchange(sender.domain, ask, real=sender.real)


def unanswered(check: str, name: str, answer: Answered) -> Remark:
    """A question that got no answer."""
    return warning(
        check,
        f"{name} could not be asked: {answer.failure}.",
        "Try again later, from a computer with a connection, or name a server: --nameserver.",
    )


# ---- SPF (RFC 7208) ------------------------------------------------------------------------------


def spf(sender: Sender, records: tuple[str, ...], ask: Ask) -> Iterator[Remark]:
    """What the TXT records of the domain say of who may send for it."""
    found = [text for text in records if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if not found:
        needed = sender.real and sender.provider != "sendgrid"
        yield grave("SPF", f"{sender.domain} has no SPF record.", _spf_mend(sender), real=needed)
        return
    if len(found) > 1:
        yield problem(
            "SPF",
            f"{sender.domain} has {len(found)} SPF records; with more than one, none counts.",
            "Put what they say into one record that begins with v=spf1, and delete the others.",
        )
        return
    yield from _spf_terms(sender, found[0], ask)


def _spf_terms(sender: Sender, record: str, ask: Ask) -> Iterator[Remark]:
    terms = record.lower().split()[1:]
    if "+all" in terms or "all" in terms:
        mend = "End the record in ~all instead."
        yield problem("SPF", f"{sender.domain} allows everybody to send: {record}", mend)
        return
    names, complete = _spf_names(sender.domain, record, ask)
    if len(names) > MOST_LOOKUPS:
        yield warning(
            "SPF",
            f"{sender.domain}: the record needs {len(names)} lookups, more than {MOST_LOOKUPS}.",
            "Take out each include: of a service that no longer sends for you.",
        )
    elif sender.provider == "sendgrid" and complete and not any(map(_is_sendgrid, names)):
        yield warning("SPF", f"{sender.domain} does not name SendGrid: {record}", _spf_mend(sender))
    else:
        yield fine("SPF", f"{sender.domain}: {record}")


def _spf_names(domain: str, record: str, ask: Ask) -> tuple[list[str], bool]:
    """The names that the record makes a receiver look up, and whether all could be followed."""
    names: list[str] = []
    waiting, complete = [(domain, record)], True
    while waiting and len(names) <= 2 * MOST_LOOKUPS:
        here, text = waiting.pop(0)
        for kind, target in _lookups(text):
            name = target or here
            known = name in names
            names.append(name)
            if kind not in ("include", "redirect") or known or "%" in name:
                continue
            answer = ask(name, "TXT")
            complete = complete and not answer.failure
            waiting += [(name, t) for t in answer.records if t.lower().startswith("v=spf1")]
    return names, complete


def _lookups(record: str) -> list[tuple[str, str]]:
    """The terms of a record that cost a lookup, with their target if they name one."""
    found = [_TERM.match(term) for term in record.split()[1:]]
    return [(term[1].lower(), (term[2] or "").lower()) for term in found if term]


def _is_sendgrid(name: str) -> bool:
    return name == SENDGRID or name.endswith(f".{SENDGRID}")


def _spf_mend(sender: Sender) -> str:
    if sender.provider != "sendgrid":
        return (
            "Ask whoever runs your mail server for the record; one that allows the domain's own"
            f' servers is: {sender.domain}. TXT "v=spf1 a mx ~all"'
        )
    return (
        f'With an SPF record, let it be: {sender.domain}. TXT "v=spf1 include:{SENDGRID} ~all"'
        " (or add the include to the one you have). It is not needed where SendGrid's own domain"
        " authentication is set up, which uses a name of its own below your domain."
    )


# ---- DKIM (RFC 6376) -----------------------------------------------------------------------------


def dkim(sender: Sender, ask: Ask) -> Iterator[Remark]:
    """Whether the keys that mails are signed with are published."""
    usual: tuple[str, ...] = ("s1", "s2") if sender.provider == "sendgrid" else ()
    selectors = (sender.selector,) if sender.selector else usual
    if not selectors:
        yield fine(
            "DKIM",
            "Not looked at: the name of your mail server's key is unknown. Give it with"
            " --dkim-selector, or look into a mail that arrived with --message.",
        )
        return
    yield from _keys(sender, selectors, ask)


def _keys(sender: Sender, selectors: Sequence[str], ask: Ask) -> list[Remark]:
    """Of the domain, or of one above it: a signature of that one is aligned too (RFC 7489 §3.1)."""
    tried = []
    for domain in _upwards(sender.domain):
        found = [_key(sender, f"{selector}._domainkey.{domain}", ask) for selector in selectors]
        if all(remark.verdict is Verdict.OK for remark in found):
            return found
        tried.append(found)
    return tried[0]


def _key(sender: Sender, name: str, ask: Ask) -> Remark:
    answer = ask(name, "TXT")
    if answer.failure:
        return unanswered("DKIM", name, answer)
    keys = [_tags(text) for text in answer.records]
    if any(tags.get("p") for tags in keys):
        return fine("DKIM", f"{name}: the key is there.")
    alias = ask(name, "CNAME")
    if alias.failure:
        return unanswered("DKIM", name, alias)
    if keys:
        found = f"{name} holds no key, or one that was taken back (its p= is empty)."
    elif alias.records:
        found = f"{name} points to {alias.records[0]}, where there is no key."
    else:
        found = f"{name} is missing."
    return grave("DKIM", found, _key_mend(sender, name), real=sender.real)


def _key_mend(sender: Sender, name: str) -> str:
    if sender.provider != "sendgrid":
        return f'Publish the key that your mail server signs with: {name}. TXT "v=DKIM1; p=…"'
    selector = name.partition(".")[0]
    return (
        f"Publish: {name}. CNAME {selector}.domainkey.uNNNNNN.wlNNN.{SENDGRID}. The exact target is"
        " your account's own: SendGrid shows it under Settings > Sender Authentication."
    )


# ---- DMARC (RFC 7489) ----------------------------------------------------------------------------


def dmarc(sender: Sender, ask: Ask) -> Iterator[Remark]:
    """What the domain, or the one above it, asks receivers to do with mail that is not its own."""
    for domain in _upwards(sender.domain):
        answer = ask(f"_dmarc.{domain}", "TXT")
        if answer.failure:
            yield unanswered("DMARC", f"_dmarc.{domain}", answer)
            return
        policies = [text for text in answer.records if _POLICY.match(text)]
        if policies:
            yield _policy(sender, domain, policies)
            return
    yield grave("DMARC", f"_dmarc.{sender.domain} is missing.", _dmarc_mend(sender),
                real=sender.real)  # fmt: skip


def _upwards(domain: str) -> list[str]:
    """The domain and those above it, to the one of two labels: the organisation's is among them."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(len(labels) - 1, 1))]


def _policy(sender: Sender, domain: str, policies: list[str]) -> Remark:
    name, record = f"_dmarc.{domain}", policies[0]
    tags = _tags(record)
    policy = tags.get("sp" if domain != sender.domain and "sp" in tags else "p", "").lower()
    if len(policies) > 1:
        found = f"{name} has {len(policies)} records; with more than one, none counts."
        return problem("DMARC", found, "Keep one of them.")
    if policy not in ("none", "quarantine", "reject"):
        found = f"{name} asks for nothing that receivers understand: {record}"
        return problem("DMARC", found, _dmarc_mend(sender))
    strict = " DKIM must be signed for exactly this domain (adkim=s)." * (tags.get("adkim") == "s")
    return fine("DMARC", f"{name}: {record}{strict}")


def _dmarc_mend(sender: Sender) -> str:
    return (
        f'Publish: _dmarc.{sender.domain}. TXT "v=DMARC1; p=none; rua=mailto:{sender.report_to}"'
        " (Gmail, Yahoo and Outlook refuse newsletters without one)."
    )


def _tags(record: str) -> dict[str, str]:
    """The `tag=value` pairs of a record (RFC 6376 §3.2), the tags in small letters."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {tag.strip().lower(): value.strip() for tag, _, value in pairs if tag.strip()}


# ---- MX (RFC 5321 §5.1, RFC 7505) ----------------------------------------------------------------


def mail_exchange(domain: str, ask: Ask, *, real: bool) -> Remark:
    """Whether mail to the domain, such as an answer of a reader, has a place to go."""
    answer = ask(domain, "MX")
    if answer.failure:
        return unanswered("MX", domain, answer)
    hosts = sorted(answer.records, key=lambda record: int(record.partition(" ")[0]))
    names = [record.partition(" ")[2] for record in hosts]
    mend = f"Publish: {domain}. MX 10 followed by the name of the server that takes your mail."
    if names == ["."]:
        found = f"{domain} says that it takes no mail: answers of readers are lost."
        return grave("MX", found, mend, real=real)
    if names:
        return fine("MX", f"Mail to {domain} goes to {', '.join(n.rstrip('.') for n in names)}.")
    if any(ask(domain, kind).records for kind in ("A", "AAAA")):
        found = f"{domain} has no MX record; mail goes to the web server, which may not take it."
        return warning("MX", found, mend)
    return grave("MX", f"{domain} takes no mail: answers of readers are lost.", mend, real=real)
