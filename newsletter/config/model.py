"""All settings together, where they came from, and the secrets beside them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.config.editorial import (
    ChangesSettings,
    FeedSettings,
    NewsletterSettings,
    ScheduleSettings,
    TopicSettings,
)
from newsletter.config.fields import section
from newsletter.config.look import LookSettings
from newsletter.config.operation import (
    CollectSettings,
    DeliverySettings,
    DigestSettings,
    FuseSettings,
    NotifySettings,
    StoreSettings,
    TrialsSettings,
)
from newsletter.config.privacy import PrivacySettings
from newsletter.config.signup import SignupSettings
from newsletter.config.suppressing import SuppressionsSettings
from newsletter.config.web import WebSettings


class Secrets(BaseModel):
    """What only the environment or `.env` tells. Nothing here shows itself in `repr` or `str`."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[SecretStr, ...] = ()
    """NEWSLETTER_SECRET_KEY: the current key first, then older ones."""
    sendgrid_api_key: SecretStr | None = None
    smtp_password: SecretStr | None = None
    sendgrid_webhook_public_key: SecretStr | None = None

    @property
    def webhook_keys(self) -> tuple[str, ...]:
        """The public keys of SendGrid's signed Event Webhook; two while one is being changed."""
        given = self.sendgrid_webhook_public_key
        parts = given.get_secret_value().split(",") if given is not None else ()
        return tuple(part.strip() for part in parts if part.strip())


class Settings(BaseSettings):
    """All settings, checked. Made by `newsletter.config.load`; frozen."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        env_prefix="NEWSLETTER_",
        env_nested_delimiter="__",
    )

    newsletter: NewsletterSettings
    feeds: tuple[FeedSettings, ...] = Field(
        min_length=1,
        strict=False,
        json_schema_extra={"expected": 'at least one [[feeds]] with a url = "https://…"'},
    )
    topics: tuple[TopicSettings, ...] = Field(
        (), strict=False, json_schema_extra={"expected": "[[topics]], each with key and title"}
    )
    schedule: ScheduleSettings = section(ScheduleSettings, "When an edition goes out.")
    changes: ChangesSettings = section(ChangesSettings, "When a change of a post is news.")
    store: StoreSettings = section(StoreSettings, "Where everything is remembered.")
    collect: CollectSettings = section(CollectSettings, "How the blog is read.")
    digest: DigestSettings = section(
        DigestSettings, "What is looked at before an edition goes out."
    )
    look: LookSettings = section(LookSettings, "How an edition looks.")
    delivery: DeliverySettings = section(DeliverySettings, "How mails go out.")
    suppressions: SuppressionsSettings = section(
        SuppressionsSettings, "Who is not mailed any more because of what the provider reports."
    )
    trials: TrialsSettings = section(TrialsSettings, "What is asked and told of trials.")
    fuse: FuseSettings = section(FuseSettings, "When an edition waits for you.")
    notify: NotifySettings = section(NotifySettings, "Who hears of what happens.")
    privacy: PrivacySettings = section(
        PrivacySettings, "How long things are kept, and what others may see of a mail."
    )
    signup: SignupSettings = section(
        SignupSettings, "How people join by the pages, and how often they may ask."
    )
    web: WebSettings = section(WebSettings, "Where the pages for readers are served.")

    _path: Path = PrivateAttr(default=Path("newsletter.toml"))
    _secrets: Secrets = PrivateAttr(default_factory=Secrets)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given: `load` reads file and environment, and knows where each came from."""
        return (init_settings,)

    def settle(self, path: Path, secrets: Secrets) -> None:
        """Notes where the settings were read, once, and the secrets found beside them."""
        self._path, self._secrets = path, secrets

    @property
    def path(self) -> Path:
        """The settings file, absolute."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder of the settings file; relative paths in it begin here."""
        return self._path.parent

    @property
    def secrets(self) -> Secrets:
        """Keys and passwords, from the environment or `.env`."""
        return self._secrets

    def outbox_path(self) -> Path:
        """The folder of the rehearsal's mails, absolute."""
        return self.folder / self.delivery.outbox

    def templates_path(self) -> Path:
        """Where templates of the admin's own may lie, absolute; it need not exist."""
        return self.folder / self.look.templates

    def store_url(self) -> str:
        """The database's address, a SQLite file made absolute. It may hold a password."""
        scheme, _, rest = self.store.url.partition(":///")
        if not scheme.startswith("sqlite") or not rest:
            return self.store.url
        file, mark, options = rest.partition("?")
        return f"{scheme}:///{(self.folder / file).as_posix()}{mark}{options}"
