"""Reports what became of messages: signed posts, to be fetched or sent to an address."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.errors import UsageError
from newsletter.standin.book import Book
from newsletter.standin.events import Event, Told, events_of, placed
from newsletter.standin.rules import Rules
from newsletter.standin.schedule import Fate
from newsletter.standin.signing import Signer

PER_POST = 1000
_SECONDS_TO_ANSWER = 10
_LOTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Post:
    """A report as it goes over the wire: a JSON array of events, and its signature."""

    body: bytes
    headers: dict[str, str]
    ids: tuple[int, ...]


def is_loopback(host: str) -> bool:
    """Whether a host name is this computer itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Reports:
    """The events of a book, in the order in which they are reported."""

    def __init__(self, book: Book, rules: Callable[[], Rules], now: Callable[[], float]) -> None:
        self._book = book
        self._rules = rules
        self._now = now
        self._lock = threading.RLock()

    def next_post(self, limit: int = PER_POST) -> Post | None:
        """The next events in one signed post; None if there are none. They stay until `given`."""
        with self._lock:
            self._prepare()
        with self._book.begin() as connection:
            rows = connection.execute(
                "SELECT id, body FROM event WHERE given = 0 ORDER BY place, id LIMIT ?", (limit,)
            ).fetchall()
        if not rows:
            return None
        # As the provider writes it: a receiver that parses and writes it anew breaks the signature.
        body = ("[" + ",\r\n".join(text for _, text in rows) + "]\r\n").encode()
        signed = self._book.fact("signed", "yes") == "yes"
        signer = Signer(self._rules().seed)
        headers = signer.headers(body, int(self._now())) if signed else {}
        return Post(body, headers, tuple(row[0] for row in rows))

    def given(self, post: Post) -> None:
        """The post has arrived: its events are not reported again."""
        with self._book.begin() as connection:
            connection.executemany(
                "UPDATE event SET given = 1 WHERE id = ?", [(number,) for number in post.ids]
            )

    def take(self, limit: int) -> list[Post]:
        """At most so many of the next events, in posts, as if they had arrived."""
        posts: list[Post] = []
        with self._lock:
            while limit > 0 and (post := self.next_post(min(limit, PER_POST))):
                self.given(post)
                posts.append(post)
                limit -= len(post.ids)
        return posts

    def post_to(self, url: str) -> list[int]:
        """Posts all that is waiting to an address on this computer; the statuses of the answers.

        Ends at the first answer that is not 2xx (0: none); those events are posted again next time.
        """
        statuses: list[int] = []
        while post := self.next_post():
            statuses.append(_posted(url, post))
            if not 200 <= statuses[-1] < 300:
                break
            self.given(post)
        return statuses

    def _prepare(self) -> None:
        """Turns lots whose time came into events that wait."""
        rules = self._rules()
        while lots := self._untold():
            with self._book.begin() as connection:
                first = connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
                events = [event for told in lots for event in events_of(told, rules.seed)]
                rows = placed(
                    events,
                    first=first,
                    seed=rules.seed,
                    disorder=rules.disorder,
                    repeated=rules.repeated_events,
                )
                connection.executemany(
                    "INSERT INTO event (place, body, given) VALUES (?, ?, 0)",
                    [(place, _text(event)) for place, event in rows],
                )
                connection.executemany(
                    "UPDATE lot SET told = 1 WHERE id = ?", [(told.lot,) for told in lots]
                )

    def _untold(self) -> list[Told]:
        with self._book.begin() as connection:
            rows = connection.execute(
                "SELECT id, message_id, fate, done_at, people, categories FROM lot"
                " WHERE told = 0 AND fate <> 'waiting' ORDER BY id LIMIT ?",
                (_LOTS_AT_ONCE,),
            ).fetchall()
            return [
                Told(
                    lot,
                    message_id,
                    Fate(became),
                    done_at,
                    tuple((email, args) for email, args in json.loads(people)),
                    tuple(json.loads(categories)),
                    {
                        place: (kind, reason)
                        for place, kind, reason in connection.execute(
                            "SELECT place, kind, reason FROM result WHERE lot_id = ?", (lot,)
                        )
                    },
                )
                for lot, message_id, became, done_at, people, categories in rows
            ]


def _text(event: Event) -> str:
    return json.dumps(event, separators=(",", ":"))


def check_receiver(url: str) -> None:
    """Raises UsageError unless reports may go there: plain HTTP on this computer."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise UsageError(
            f"Made-up reports are not posted to {url}.",
            "Name an address on this computer, such as http://127.0.0.1:8000/webhooks/sendgrid.",
        )


def _posted(url: str, post: Post) -> int:
    """The status of the answer; 0 if there was none."""
    check_receiver(url)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=_SECONDS_TO_ANSWER
    )
    headers = {"Content-Type": "application/json", "User-Agent": "stand-in"} | post.headers
    try:
        connection.request("POST", parts.path or "/", post.body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
