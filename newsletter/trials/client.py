"""Asks ClinicalTrials.gov (API v2) what it says of trials: few questions, one a second.

Source: its OpenAPI document 2.0.5. It names no limit of requests; its robots.txt asks for a second
between two. `/studies` with `filter.ids` answers for many trials at once, page by page; one number
it does not like makes it refuse the whole question, which is then cut in two. `/studies/{nctId}`
redirects (301) from a number that was given up to the one that took its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from newsletter.errors import FeedError, RegisterError
from newsletter.model.feed import Fetched, Validators
from newsletter.model.trial import TrialRecord
from newsletter.trials.record import FIELDS, record_of

Fetch = Callable[[str, Validators | None], Fetched]

NAME: Final = "ClinicalTrials.gov"
_BETWEEN: Final = 1.0
_AGAIN_AFTER: Final = (5.0, 20.0)
"""Seconds before a question is repeated that met "too often" (429) or trouble of its own (5xx)."""

_AT_ONCE: Final = 100
"""Numbers in one question: its address stays under 1,500 characters."""

_PAGE: Final = 1000
_MOST_PAGES: Final = 50
_REFUSED: Final = (400, 404)
_ODD: Final = 3
"""So many numbers refused one by one, and none answered: then it is the question, not a number."""


@dataclass(slots=True)
class Answers:
    """What the register said: records by the number that was asked for, and numbers it does not
    have. `error` is what ended the asking early; what was learned until then holds all the same.
    """

    records: dict[str, TrialRecord] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    error: RegisterError | None = None


class ClinicalTrialsGov:
    """The register, asked over HTTP. `fetch` raises FeedError; `pause` waits so many seconds.

    After `limit` no further question is begun.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        base_url: str,
        pause: Callable[[float], None],
        now: Callable[[], datetime],
        limit: timedelta,
        page_size: int = _PAGE,
    ) -> None:
        self._fetch = fetch
        self._base = base_url.rstrip("/")
        self._pause = pause
        self._now = now
        self._until = now() + limit
        self._page_size = page_size
        self._asked = False

    def data_timestamp(self) -> str:
        """As of when the register's data are, in its own words. Raises RegisterError."""
        found = self._json("/version", {}).get("dataTimestamp")
        if not isinstance(found, str) or not found.strip():
            raise _nonsense("it does not say as of when its data are")
        return found.strip()[:40]

    def ask(self, numbers: Iterable[str]) -> Answers:
        """What it says of each number (`NCT…`, well-formed). Raises nothing."""
        wanted, answers = list(dict.fromkeys(numbers)), Answers()
        try:
            for start in range(0, len(wanted), _AT_ONCE):
                self._batch(wanted[start : start + _AT_ONCE], answers)
        except RegisterError as error:
            answers.error = error
        return answers

    def _batch(self, numbers: Sequence[str], answers: Answers) -> None:
        """Asks for all at once, or for halves when the question was refused."""
        try:
            found = self._pages(numbers)
        except _RefusedError:
            if len(numbers) == 1:
                return self._single(numbers[0], answers)
            middle = len(numbers) // 2
            self._batch(numbers[:middle], answers)
            return self._batch(numbers[middle:], answers)
        known = {name: each for each in found for name in (*each.aliases, each.number)}
        for number in numbers:
            if number in known:
                answers.records[number] = known[number]
            else:
                self._single(number, answers)
        return None

    def _pages(self, numbers: Sequence[str]) -> list[TrialRecord]:
        given = {**_WANTED, "filter.ids": "|".join(numbers), "pageSize": str(self._page_size)}
        records: list[TrialRecord] = []
        token: str | None = None
        for _ in range(_MOST_PAGES):
            page = self._json("/studies", given | ({"pageToken": token} if token else {}))
            studies = page.get("studies")
            if not isinstance(studies, list):
                raise _nonsense("a page of studies without studies")
            records += _usable(studies)
            token = page.get("nextPageToken")
            if not isinstance(token, str) or not token:
                return records
        raise _nonsense("pages without end")

    def _single(self, number: str, answers: Answers) -> None:
        """Asks for one that was not among the answers: an alias, or there is none."""
        try:
            fetched = self._fetched(f"/studies/{quote(number)}", _WANTED)
        except _RefusedError as refusal:
            self._refused(number, refusal, answers)
            return
        record = record_of(_document(fetched))
        if record is None or not record.status or not _is_meant(number, record, fetched):
            answers.unclear.add(number)
        else:
            answers.records[number] = record

    def _refused(self, number: str, refusal: _RefusedError, answers: Answers) -> None:
        if refusal.http_status == 404:
            answers.missing.add(number)
            return
        answers.unclear.add(number)
        if len(answers.unclear) >= _ODD and not answers.records:
            raise RegisterError(
                f"{NAME} refuses the questions of this program (HTTP {refusal.http_status}).",
                "Its interface may have changed: look for a newer version of this program.",
            )

    def _json(self, path: str, given: dict[str, str]) -> dict[str, Any]:
        return _document(self._fetched(path, given))

    def _fetched(self, path: str, given: dict[str, str]) -> Fetched:
        query = f"?{urlencode(given)}" if given else ""
        return self._patiently(f"{self._base}{path}{query}")

    def _patiently(self, url: str) -> Fetched:
        """One answer, after a repetition or two where that may help."""
        for wait in _AGAIN_AFTER:
            try:
                return self._once(url)
            except FeedError as error:
                if error.kind not in ("rate-limited", "server-error"):
                    raise _told(error) from error
                self._pause(wait)
        try:
            return self._once(url)
        except FeedError as error:
            raise _told(error) from error

    def _once(self, url: str) -> Fetched:
        if self._asked:
            self._pause(_BETWEEN)
        self._asked = True
        if self._now() >= self._until:
            raise RegisterError(
                f"Asking {NAME} took too long, and was broken off.",
                "The next run goes on with it.",
            )
        return self._fetch(url, None)


class _RefusedError(RegisterError):
    """The register does not like the question (400) or does not have what it is for (404)."""

    def __init__(self, http_status: int) -> None:
        super().__init__(f"{NAME} refused a question (HTTP {http_status}).")
        self.http_status = http_status


_WANTED: Final = {"format": "json", "fields": "|".join(FIELDS)}


def _document(fetched: Fetched) -> dict[str, Any]:
    try:
        document = json.loads(fetched.body or b"")
    except (ValueError, RecursionError):
        raise _nonsense("what it sent is not JSON") from None
    if not isinstance(document, dict):
        raise _nonsense("what it sent is not what its documentation says")
    return document


def _is_meant(number: str, record: TrialRecord, fetched: Fetched) -> bool:
    """Whether an answer is about the number that was asked for, or the register led on to it."""
    led_to = urlsplit(fetched.final_url).path
    return number in (record.number, *record.aliases) or led_to.endswith(f"/{record.number}")


def _usable(studies: list[Any]) -> list[TrialRecord]:
    """The records of a page; what has no number or no status says nothing."""
    found = (record_of(study) for study in studies)
    return [record for record in found if record is not None and record.status]


def _nonsense(what: str) -> RegisterError:
    return RegisterError(
        f"{NAME} gave an answer that makes no sense: {what}.",
        "If this lasts, look for a newer version of this program.",
    )


_WHAT: Final = {
    "timeout": "did not answer in time",
    "rate-limited": "was asked too often",
    "server-error": "has trouble on its own side",
    "forbidden": "refuses to answer this program",
    "bot-protection": "refuses to answer this program",
    "too-large": "sent more than could be meant",
    "cut-short": "broke off in the middle of its answer",
    "empty": "answered with nothing at all",
    "encoding": "sent something that cannot be unpacked",
}


def _told(error: FeedError) -> RegisterError:
    """A failed fetch as what it means here; the words of the fetcher speak of feeds."""
    if error.http_status in _REFUSED:
        return _RefusedError(error.http_status)
    what = _WHAT.get(error.kind, "could not be reached")
    status = f" (HTTP {error.http_status})" if error.http_status else ""
    return RegisterError(
        f"{NAME} {what}{status}.", "Nothing is lost: it is asked again at the next run."
    )
