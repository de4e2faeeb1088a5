"""The settings of who is not mailed any more because of what the provider reports."""

from __future__ import annotations

from pydantic import BaseModel

from newsletter.config.fields import STRICT, setting


class SuppressionsSettings(BaseModel):
    """When an address is given up, and whether the provider is told of those that are."""

    model_config = STRICT

    soft_bounces: int = setting(
        5,
        "After so many mails in a row that a mailbox did not take, since it was full or out of"
        " order, nothing is mailed there any more; 0 means that this never happens.",
        "a whole number from 0 to 100",
        ge=0,
        le=100,
    )
    soft_bounce_days: int = setting(
        14,
        "And only when the first and the last of them are so many days apart.",
        "a whole number from 0 to 365",
        ge=0,
        le=365,
    )
    push: bool = setting(
        default=False,
        meaning="Whether SendGrid is told, with each `suppressions sync` and each real send, who"
        " unsubscribed here or must not be mailed, so that it drops whatever else this account"
        " sends there.",
        expected="true or false",
    )
