"""The settings of what is forgotten, and of what a discreet mail must not tell."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from newsletter.config import checks
from newsletter.config.fields import STRICT, Line, NameOrMailbox, Words, setting


def _days(default: int, meaning: str) -> Any:
    return setting(default, meaning, "a whole number from 1 to 3650", ge=1, le=3650)


class PrivacySettings(BaseModel):
    """How long things are kept (consents, suppressions and the ledger are not among them), and
    what others may see of a mail.
    """

    model_config = STRICT

    retention_days: int = _days(
        90,
        "How many days events, posts of the webhook, network addresses, the texts of notices and"
        " what is known of the blog's pages are kept.",
    )
    request_days: int = _days(
        30,
        "How many days is kept what was asked on the pages, sign-ups that were never confirmed"
        " among it.",
    )
    outbox_days: int = _days(30, "How many days the mails of a rehearsal stay in the outbox.")
    rejects_days: int = _days(
        30, "How many days the rejected rows of imports stay beside the settings file."
    )
    words: Words = setting(
        (),
        "Words that nobody should see beside a reader's name, such as that of an illness. They are"
        " looked for in the subject and in every header of discreet mails; one that is found holds"
        " the edition.",
        'a list of words such as ["cancer", "tumour", "NET"]',
        strict=False,
    )
    discreet_sender: NameOrMailbox = setting(
        "Newsletter",
        "Who discreet mails come from: a name, or a name and an address that you may send from; the"
        " latter gets the answers to them too.",
        "a name, or a name and an address such as The weekly letter <letter@example.org>",
    )
    discreet_subject: Line = setting(
        "Your newsletter",
        "What the subject of discreet mails begins with; the period follows.",
        "a few neutral words",
    )

    @property
    def discreet_address(self) -> str:
        """The address that discreet mails come from; "" where it is the newsletter's own."""
        return checks.mailbox(self.discreet_sender)[1] if "@" in self.discreet_sender else ""
