"""Complete messages, one by one; what those of a variant share is encoded once."""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery.links import links_for
from newsletter.delivery.message import Envelope, MessageTemplate
from newsletter.delivery.transports.contract import Mail
from newsletter.model.delivery import Recipient


class Messages:
    """Makes messages, and keeps each variant's template. `of` may be called by many threads."""

    def __init__(self) -> None:
        self._templates: dict[tuple[str, str, str, Envelope], MessageTemplate] = {}

    def of(self, mail: Mail, recipient: Recipient, *, date: datetime) -> bytes:
        """The complete message (RFC 5322) for one recipient, with CRLF line ends."""
        return self._template(mail).message(
            delivery_id=recipient.delivery_id,
            address=recipient.address,
            links=links_for(
                mail.public_url,
                mail.edition_key,
                recipient.token,
                reply_to=mail.envelope.reply_address,
            ),
            date=date,
        )

    def _template(self, mail: Mail) -> MessageTemplate:
        """A draft is composed anew under the same nonce, so its checksum belongs to the key."""
        key = (mail.nonce, mail.rendered.key, mail.rendered.checksum, mail.envelope)
        template = self._templates.get(key)
        if template is None:  # two threads may make it at the same time, which does no harm
            template = MessageTemplate(mail.envelope, mail.rendered, mail.tags, nonce=mail.nonce)
            self._templates[key] = template
        return template
