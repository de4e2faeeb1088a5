"""Reads the settings file, the environment and `.env`, and says all that is wrong at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic import SecretStr, ValidationError
from pydantic_settings import EnvSettingsSource

from newsletter.config import lines, toml_words
from newsletter.config.checks import did_you_mean
from newsletter.config.faults import Fault, Origins, complaint, faults_of, unknown_setting
from newsletter.config.model import Secrets, Settings
from newsletter.config.relations import relation_faults
from newsletter.config.shape import all_settings, is_list, model_at
from newsletter.errors import SettingsError

PREFIX = "NEWSLETTER_"
SECRETS = {
    "NEWSLETTER_SECRET_KEY": "keys",
    "SENDGRID_API_KEY": "sendgrid_api_key",
    "NEWSLETTER_SMTP_PASSWORD": "smtp_password",
    "SENDGRID_WEBHOOK_PUBLIC_KEY": "sendgrid_webhook_public_key",
}
"""The variables that hold secrets, and the attributes of `Secrets` they become."""

_WHOLE = ("feeds", "topics")
"""Lists of sections, which a variable can only give as a whole."""

_SECRET_KEYS = re.compile(
    r"(newsletter_|sendgrid_|smtp_|webhook_)*(secret|secrets|secret_keys?|api_key|apikey|password|"
    r"passwd|token|webhook_public_key|public_key)",
    re.IGNORECASE,
)
_SENDGRID_KEY = re.compile(r"SG\.[\w-]{16,}\.[\w-]{16,}")


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in `path`, overruled by `.env` beside it, overruled by `environ`.

    An empty variable counts as not set. Raises SettingsError that names every fault with its line
    or variable; it never shows a secret.
    """
    file = path.absolute()
    text = _read(file, path)
    table = _parse(text, path)
    variables = _variables(file.parent / ".env", environ)
    known = {name: _variable_path(name) for name in variables if _is_setting(name)}
    origins = Origins(
        file=path.name,
        lines=lines.find_lines(text),
        variables={where: f"{variables[name][1]} {name}" for name, where in known.items()},
    )
    faults = [*_secrets_in(table), *_variable_faults(known, variables)]
    wrong = {fault.path for fault in faults}
    usable = {name: variables[name][0] for name, where in known.items() if where not in wrong}
    merged = _merge(_without(table, wrong), _Given(usable)())
    settings, more = _validate(merged)
    if settings is None or faults or more:
        raise complaint([*faults, *more], origins) from None
    settings.settle(file, _secrets({name: value for name, (value, _) in variables.items()}))
    return settings


def _read(file: Path, shown: Path) -> str:
    try:
        return toml_words.decode(file.read_bytes(), shown)
    except FileNotFoundError:
        raise SettingsError(
            f"There are no settings at {shown}.",
            "Write them with `newsletter init`, or name another file with `--config FILE`.",
        ) from None
    except OSError as error:
        raise SettingsError(
            f"The settings at {shown} cannot be read: {error.strerror or error}.",
            "Name a file you may read with `--config FILE`.",
        ) from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise toml_words.syntax_error(error, text, path) from None
    except RecursionError:
        raise SettingsError(
            f"{path} cannot be read: its lists are nested too deeply.", "Correct the file."
        ) from None


def _variables(dotenv: Path, environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Every variable with a value, and where it stands in words; the environment goes first."""
    found = {name: (value, ".env,") for name, value in _dotenv(dotenv).items() if value}
    found |= {name: (value, "environment,") for name, value in environ.items() if value}
    return {name.upper(): given for name, given in found.items()}


def _dotenv(file: Path) -> dict[str, str | None]:
    """What `.env` says, as it is written there: a `$` in a password stands for itself."""
    try:
        text = toml_words.decode(file.read_bytes(), Path(file.name))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"The secrets in {file.name} cannot be read: {error.strerror or error}.",
            "Make the file readable for the user who runs this program.",
        ) from None
    found: dict[str, str | None] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise SettingsError(
                f"{file.name}, line {binding.original.line}: this is not NAME=value.",
                "Correct this line; a value with spaces or quotation marks needs 'quotes' around.",
            )
        found |= {binding.key: binding.value} if binding.key else {}
    return found


def _is_setting(name: str) -> bool:
    """Whether a variable speaks of a setting: it names a section, or tries to (`__`)."""
    if not name.startswith(PREFIX) or name in SECRETS:
        return False
    return "__" in name or name.removeprefix(PREFIX).lower() in Settings.model_fields


def _variable_path(name: str) -> lines.Path:
    return tuple(name.removeprefix(PREFIX).lower().split("__"))


def _variable_faults(
    known: Mapping[str, lines.Path], variables: Mapping[str, tuple[str, str]]
) -> Iterator[Fault]:
    """Variables that name no setting, and lists or sections that are not JSON."""
    plain = {path for path in all_settings() if path[0] not in _WHOLE}
    for name, path in known.items():
        as_json = path in plain and is_list(path)
        if path in plain and not as_json:
            continue
        section = model_at(path) is not None and (len(path) == 1 or path[0] not in _WHOLE)
        if not section and not as_json:
            yield Fault(path=path, problem=_unknown_variable(name, path, plain))
        elif not _is_json(variables[name][0]):
            yield Fault(path=path, problem="is not JSON, as lists and sections must be here.")


def _unknown_variable(name: str, path: lines.Path, plain: set[lines.Path]) -> str:
    if path[0] in _WHOLE:
        return f"lists are given as a whole. Set {PREFIX}{path[0].upper()} to a list in JSON."
    names = sorted(PREFIX + "__".join(map(str, known)).upper() for known in plain)
    hint = did_you_mean(name, names)
    return f"there is no such setting. {hint}" if hint else unknown_setting(path)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Given(EnvSettingsSource):
    """pydantic-settings' reading of an environment, of the one that is given instead of `os`'s."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._given = {name.lower(): value for name, value in variables.items()}
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._given


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        merged[key] = _merge(under, value) if both else value  # type: ignore[arg-type]
    return merged


def _without(table: Any, paths: set[lines.Path], at: lines.Path = ()) -> Any:
    """The table without what was already refused, so that it is not refused twice."""
    if isinstance(table, dict):
        kept = {key: value for key, value in table.items() if (*at, key) not in paths}
        return {key: _without(value, paths, (*at, key)) for key, value in kept.items()}
    if isinstance(table, list):
        return [_without(value, paths, (*at, place)) for place, value in enumerate(table)]
    return table


def _validate(merged: dict[str, Any]) -> tuple[Settings | None, list[Fault]]:
    faults = list(relation_faults(merged))
    merged.setdefault("newsletter", {})
    try:
        return Settings(**merged), faults
    except ValidationError as error:
        return None, [*faults, *faults_of(error.errors(include_url=False))]


def _secrets_in(table: Any, path: lines.Path = ()) -> Iterator[Fault]:
    """Secrets do not belong into a file that is shown, copied and kept in version control."""
    items: Any = table.items() if isinstance(table, dict) else ()
    items = enumerate(table) if isinstance(table, list) else items
    for key, value in items:
        secret = isinstance(value, str) and _SENDGRID_KEY.search(value)
        if secret or (isinstance(key, str) and _SECRET_KEYS.fullmatch(key)):
            yield Fault(path=(*path, key), problem=_refusal(str(key)))
        else:
            yield from _secrets_in(value, (*path, key))


def _refusal(key: str) -> str:
    variable = did_you_mean(key.upper(), list(SECRETS)).removeprefix("Did you mean ").rstrip("?")
    meant = variable or " or ".join(SECRETS)
    return f"secrets are not read from this file. Move it to .env beside it, as {meant}=…"


def _secrets(values: Mapping[str, str]) -> Secrets:
    given = {attribute: values[name] for name, attribute in SECRETS.items() if name in values}
    keys = [key.strip() for key in given.pop("keys", "").split(",") if key.strip()]
    hidden = {attribute: SecretStr(value.strip()) for attribute, value in given.items()}
    return Secrets(keys=tuple(map(SecretStr, keys)), **hidden)
