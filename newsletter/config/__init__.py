"""The settings: `newsletter.toml`, the environment, and the secrets.

`load` is the only way in. Whatever is wrong is said all at once (see `newsletter.errors`).
"""

from __future__ import annotations

from newsletter.config.editorial import (
    ChangesSettings,
    FeedSettings,
    NewsletterSettings,
    ScheduleSettings,
    TopicSettings,
)
from newsletter.config.look import LookSettings
from newsletter.config.model import Secrets, Settings
from newsletter.config.operation import (
    DeliverySettings,
    FuseSettings,
    NotifySettings,
    SendGridSettings,
    SmtpSettings,
    StoreSettings,
    TrialsSettings,
)
from newsletter.config.privacy import PrivacySettings
from newsletter.config.reading import load

__all__ = [
    "ChangesSettings",
    "DeliverySettings",
    "FeedSettings",
    "FuseSettings",
    "LookSettings",
    "NewsletterSettings",
    "NotifySettings",
    "PrivacySettings",
    "ScheduleSettings",
    "Secrets",
    "SendGridSettings",
    "Settings",
    "SmtpSettings",
    "StoreSettings",
    "TopicSettings",
    "TrialsSettings",
    "load",
]
