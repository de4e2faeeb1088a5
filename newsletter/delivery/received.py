"""Reads a mail that was saved from a real mailbox: is it still what was sent, and believed?

The cryptographic signature is not verified here: whether it holds is taken from what the receiving
server wrote into Authentication-Results (RFC 8601).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from newsletter.delivery import received_body
from newsletter.errors import UsageError
from newsletter.model.remark import Remark, fine, problem, warning

ONE_CLICK = "List-Unsubscribe=One-Click"
_LIST_HEADERS = ("list-unsubscribe", "list-unsubscribe-post")
_RESULT = re.compile(r"\b(dkim|spf|dmarc)\s*=\s*(\w+)([^;]*)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_AUTHENTICATE = "See `newsletter doctor` for the records of your domain, and who may send for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One DKIM-Signature: its domain (d=), and the headers it covers (h=), in small letters."""

    domain: str
    headers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result of Authentication-Results: `dkim`, `spf` or `dmarc`, and what came of it."""

    method: str
    result: str
    details: str


def examine(raw: bytes, *, postal_address: str | None) -> Iterator[Remark]:
    """All that can be said of a saved mail; `postal_address` (None: unknown) ends ours.

    Raises UsageError for what is no mail.
    """
    mail = message_from_bytes(raw.lstrip())
    domain = _sender_domain(mail)
    if not domain:
        raise UsageError(
            "The file holds no mail: there is no sender in it.",
            'Save the mail whole, with its headers: "Show original", "View source" or "Save as".',
        )
    results = _results(mail)
    yield from _signature(mail, domain, results)
    yield from _envelope(results)
    yield from _list_headers(mail)
    yield from received_body.examine(mail, postal_address=postal_address)


def signatures(mail: Message) -> list[Signature]:
    """The DKIM signatures of a mail (RFC 6376 §3.5)."""
    found = []
    for value in _values(mail, "DKIM-Signature"):
        pairs = (part.partition("=") for part in value.split(";"))
        tags = {name.strip(): re.sub(r"\s", "", text) for name, _, text in pairs}
        headers = frozenset(tags.get("h", "").lower().split(":"))
        found.append(Signature(domain=tags.get("d", "").lower(), headers=headers))
    return found


def aligned(domain: str, sender: str) -> bool:
    """Whether a signature's domain is the sender's, or one above or below (RFC 7489 §3.1.1).

    Two domains side by side under one organisation's are aligned too; that would take the public
    suffix list to tell, and is not recognised here.
    """
    if "." not in domain:
        return False
    return domain == sender or sender.endswith(f".{domain}") or domain.endswith(f".{sender}")


def _signature(mail: Message, sender: str, results: list[Result]) -> Iterator[Remark]:
    found = signatures(mail)
    own = [signature for signature in found if aligned(signature.domain, sender)]
    if not own:
        others = ", ".join(sorted({s.domain for s in found if s.domain}))
        said = f"only by {others}" if others else "by nobody"
        yield problem(
            "DKIM",
            f"The mail is from {sender}, but signed {said}.",
            f"Set up domain authentication for {sender} with your provider.",
        )
        return
    yield _verdict_on(own, results)
    yield _covered(own)


def _verdict_on(own: list[Signature], results: list[Result]) -> Remark:
    domain = own[0].domain
    said = {
        result.result
        for result in results
        if result.method == "dkim" and _names(result.details) & {s.domain for s in own}
    }
    if "pass" in said:
        return fine("DKIM", f"Signed by {domain}, and the receiving server found it right.")
    if said:
        found = f"Signed by {domain}, but for the receiving server it is: {', '.join(said)}."
        return problem("DKIM", found, _AUTHENTICATE)
    return warning(
        "DKIM",
        f"Signed by {domain}; what the receiving server made of it does not stand in the mail.",
        "The signature is not verified here. Save the mail as it was received, not as it was sent.",
    )


def _names(details: str) -> set[str]:
    """The domains that a result is about: header.d, or behind the @ of header.i."""
    found = re.findall(r"header\.[di]\s*=\s*\"?(?:[^@\s;\"]*@)?([\w.-]+)", details)
    return {name.lower() for name in found}


def _covered(own: list[Signature]) -> Remark:
    """RFC 8058 §4: both List headers must be covered by a valid signature."""
    missing = min(([name for name in _LIST_HEADERS if name not in s.headers] for s in own), key=len)
    if not missing:
        return fine("one-click", "Both headers for unsubscribing are covered by the signature.")
    return problem(
        "one-click",
        f"The signature does not cover {' and '.join(missing)}, so no mailbox shows its own"
        " button for unsubscribing.",
        "Your provider must sign them (its h= list); ask its support.",
    )


def _envelope(results: list[Result]) -> Iterator[Remark]:
    for method in ("spf", "dmarc"):
        said = [result.result for result in results if result.method == method]
        name = method.upper()
        if not said:
            yield warning(name, "The mail does not say what the receiving server found.")
        elif "pass" in said:
            yield fine(name, "The receiving server found it right.")
        else:
            found = f"The receiving server found: {', '.join(said)}."
            yield problem(name, found, _AUTHENTICATE)


def _results(mail: Message) -> list[Result]:
    """Of the last server only, whose lines are on top: those below may be anybody's."""
    texts = [_uncommented(text) for text in _values(mail, "Authentication-Results")]
    server = texts[0].partition(";")[0].strip() if texts else ""
    return [
        Result(method=found[1].lower(), result=found[2].lower(), details=found[3])
        for text in texts
        if text.partition(";")[0].strip() == server
        for found in _RESULT.finditer(text.partition(";")[2])
    ]


def _uncommented(text: str) -> str:
    """A header without its comments, which may hold anything (RFC 5322 §3.2.2)."""
    while (shorter := _COMMENT.sub(" ", text)) != text:
        text = shorter
    return text


def _list_headers(mail: Message) -> Iterator[Remark]:
    yield _unsubscribe(_values(mail, "List-Unsubscribe"))
    posts = [value.strip() for value in _values(mail, "List-Unsubscribe-Post")]
    if posts != [ONE_CLICK]:
        found = f"List-Unsubscribe-Post is {'; '.join(posts) or 'missing'}."
        yield problem("one-click", found, f"It must be there once: {ONE_CLICK} (RFC 8058).")
    lists = _values(mail, "List-Id")
    if len(lists) != 1:
        found = f"There are {len(lists)} List-Id headers." if lists else "There is no List-Id."
        yield problem("List-Id", found, "It must be there once, so that people can sort by it.")
    else:
        yield fine("List-Id", lists[0])


def _unsubscribe(values: list[str]) -> Remark:
    """The address itself is not shown: whoever has it can unsubscribe the person."""
    name = "List-Unsubscribe"
    addresses = [uri for value in values for uri in re.findall(r"<([^<>]*)>", value)]
    secure = [uri for uri in addresses if uri.strip().lower().startswith("https://")]
    if len(values) == 1 and len(secure) == 1:
        return fine(name, "There is exactly one address for unsubscribing on the web.")
    found = (
        f"There are {len(values)} headers with {len(secure)} addresses on the web (https) in them."
    )
    return problem(name, found, "There must be one header with one https address (RFC 8058).")


def _values(mail: Message, name: str) -> list[str]:
    """All headers of a name, unfolded."""
    return [re.sub(r"\s+", " ", str(value)).strip() for value in mail.get_all(name, [])]


def _sender_domain(mail: Message) -> str:
    """That of the first From header with an address in it; a broken mail may have several."""
    for value in _values(mail, "From"):
        for _, address in getaddresses([value]):
            if "@" in address:
                return address.rpartition("@")[2].lower()
    return ""
