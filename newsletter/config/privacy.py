"""The settings of what is forgotten, and of what a discreet mail must not tell."""

from __future__ import annotations

from pydantic import BaseModel

from newsletter.config.fields import STRICT, Line, NameOrMailbox, Words, setting


class PrivacySettings(BaseModel):
    """How long things are kept, and what others may see of a mail."""

    model_config = STRICT

    retention_days: int = setting(
        90,
        "How many days events and personal details of deliveries are kept.",
        "a whole number from 1 to 3650",
        ge=1,
        le=3650,
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
