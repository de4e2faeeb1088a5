"""What the quality check says of an edition: of its look, its variants, and their messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from newsletter.delivery.links import links_for
from newsletter.delivery.message import MessageTemplate
from newsletter.editions.check import POSTAL_ADDRESS, check, check_look
from newsletter.editions.check_message import check_message
from newsletter.editions.findings import once
from newsletter.model.edition import Channel, Finding, Rendered
from newsletter.model.personal import fill_html, fill_text
from newsletter.pipeline.context import (
    Context,
    envelope_for,
    envelope_of,
    masthead_of,
    pages_of,
    tags_of,
)
from newsletter.pipeline.discretion import indiscretions

_NO_PERIOD = "2000-W01"
"""The edition in the links of the message that is looked at; nobody gets it."""


def findings_of(context: Context, nonce: str, variants: Sequence[Rendered]) -> tuple[Finding, ...]:
    """What the quality check says of the variants of the edition with this nonce.

    What is the same in several variants is said of the first of them alone. A rehearsal reaches
    nobody, so for it a postal address that is still missing is a warning.
    """
    masthead = masthead_of(context.settings)
    lenient = context.channel is Channel.REHEARSAL and not masthead.postal_address
    said = list(check_look(masthead.look)) if variants else []
    for variant in variants:
        said += check(variant, tags_of(context.settings, nonce), masthead)
    for variant in _forms(variants):
        said += _of_message(context, nonce, variant)
    for variant in variants:
        said += indiscretions(context.settings, nonce, variant)
    return tuple(
        replace(finding, error=False) if lenient and finding.code == POSTAL_ADDRESS else finding
        for finding in once(said)
    )


def _forms(variants: Sequence[Rendered]) -> list[Rendered]:
    """The first of each form: the others differ in their posts, not in how they are packed."""
    return list({variant.form: variant for variant in reversed(variants)}.values())[::-1]


def _of_message(context: Context, nonce: str, variant: Rendered) -> Iterator[Finding]:
    """The message as it would go to the sender."""
    tags = tags_of(context.settings, nonce)
    envelope = envelope_for(envelope_of(context.settings), variant)
    links = links_for(pages_of(context.settings), _NO_PERIOD, reply_to=envelope.reply_address)
    template = MessageTemplate(envelope, variant, tags, nonce=nonce)
    raw = template.message(
        delivery_id="sample", address=envelope.sender_address, links=links, date=context.now()
    )
    html, text = fill_html(variant.html, tags, links), fill_text(variant.text, tags, links)
    yield from check_message(variant.key, raw, html=html, text=text)
