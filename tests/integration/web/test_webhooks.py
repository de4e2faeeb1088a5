"""`POST /webhooks/sendgrid` over real HTTP: what is believed, what is kept, what is tried again.

What was taken in is absorbed by the server or, when it has stopped, by the test: nothing is waited
for.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsletter.pipeline.draining import Drained, Rules, drain
from newsletter.standin import rules as standin_rules
from newsletter.standin.server import serve
from newsletter.standin.signing import SIGNATURE, Signer
from newsletter.store.engine import Database
from newsletter.store.event_tables import posted_events
from newsletter.store.tables import event
from subscribers.softbounces import SoftLimit
from tests.reports import (
    DAY,
    SIGNER,
    SignedPost,
    as_before,
    barred,
    handed_over,
    raw,
    signed,
    some_events,
    state_of,
)
from tests.standin import Client
from tests.webapp import Answer, Served, served

PATH = "/webhooks/sendgrid"
KEY = {"SENDGRID_WEBHOOK_PUBLIC_KEY": SIGNER.public_key}
MORE = "[privacy]\nretention_days = 3650\n[suppressions]\nsoft_bounces = 2\nsoft_bounce_days = 7\n"
RULES = Rules(limit=SoftLimit(times=2, span=timedelta(days=7)), retention=timedelta(days=3650))


@dataclass(frozen=True, kw_only=True)
class Door:
    """The endpoint, and the database behind it."""

    site: Served
    database: Database

    def post(self, made: SignedPost, **more: Any) -> Answer:
        """Posts, with other headers or another body perhaps."""
        return self.site.ask("POST", PATH, **{"headers": made.headers, "body": made.body, **more})


@contextmanager
def opened(folder: Path, database: Database, **variables: str) -> Iterator[Door]:
    """A server on this database."""
    url = database.engine.url.render_as_string(hide_password=False)
    given = variables or KEY
    with served(folder, database_url=url, more=MORE, **given) as site:
        yield Door(site=site, database=database)


def now() -> datetime:
    return datetime.now(UTC)


def fresh(*events: object, signer: Signer = SIGNER) -> SignedPost:
    """A post that is signed now."""
    return signed(events, now(), signer=signer)


def absorbed(database: Database) -> Drained:
    """What was left when the server stopped."""
    return drain(database, RULES, now=now)


def nothing_was_kept(database: Database) -> bool:
    with database.read() as connection:
        tables = (posted_events, event)
        return not any(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        )


def test_what_is_signed_is_taken_and_follows(database: Database, tmp_path: Path) -> None:
    ids = handed_over(database)
    with opened(tmp_path, database) as door:
        answer = door.post(fresh(raw(ids[0]), raw(ids[1], "spamreport"), raw(ids[2], "open")))
        assert (answer.status, answer.text) == (204, "")
        assert "set-cookie" not in answer.headers
    absorbed(database)
    assert barred(database) == {"reader2@example.org": "complaint"}
    with database.read() as connection:
        assert len(connection.execute(select(event)).all()) == 2


def test_what_is_not_signed_by_sendgrid_is_refused_and_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    post = fresh(raw("aa"))
    with opened(tmp_path, database) as door:
        statuses = [
            door.post(post, body=post.body.replace(b"aa", b"ab")).status,
            door.post(post, headers={}).status,
            door.post(post, headers={**post.headers, SIGNATURE: "x" * 4000}).status,
            door.post(fresh(raw("aa"), signer=Signer(9))).status,
            door.post(signed([raw("aa")], now() - timedelta(days=2))).status,
        ]
        assert statuses == [400] * 5
        assert door.site.get(PATH).status == 405
        counted = door.site.get("/metrics").text
    assert 'newsletter_event_posts_total{outcome="forged"} 4' in counted
    assert 'newsletter_event_posts_total{outcome="stale"} 1' in counted
    assert nothing_was_kept(database)


@pytest.mark.parametrize("body", [b"", b"{}", b"[{]", b"\xff\xff", b"[" * 100_000])
def test_signed_nonsense_is_refused_in_words(
    database: Database, tmp_path: Path, body: bytes
) -> None:
    made = SignedPost(body=body, headers=SIGNER.headers(body, int(now().timestamp())))
    with opened(tmp_path, database) as door:
        answer = door.post(made)
    assert answer.status == 400
    assert "Traceback" not in answer.text
    assert nothing_was_kept(database)


def test_what_is_too_big_is_refused_before_it_is_in_memory(
    database: Database, tmp_path: Path
) -> None:
    huge = {"Content-Length": str(3 * 1024 * 1024)}
    post = fresh(raw("aa"))
    with opened(tmp_path, database) as door:
        assert door.post(post, headers={**post.headers, **huge}, body=b"[").status == 413
        whole = SignedPost(body=b" " * 2_500_000, headers=post.headers)
        assert door.post(whole).status == 413


def test_a_post_of_sendgrids_greatest_size_is_taken(database: Database, tmp_path: Path) -> None:
    """768 kB."""
    ids = handed_over(database)
    events = [raw(ids[n % 5], attempt=n % 9 + 1, useragent="x" * 150) for n in range(2000)]
    post = fresh(*events)
    assert 700_000 < len(post.body) < 1_000_000
    with opened(tmp_path, database) as door:
        assert door.post(post).status == 204
    absorbed(database)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(event)).scalar_one() == 45


def test_both_keys_are_known_while_one_is_changed(database: Database, tmp_path: Path) -> None:
    other = Signer(9)
    keys = {"SENDGRID_WEBHOOK_PUBLIC_KEY": f"{SIGNER.public_key}, {other.public_key}"}
    with opened(tmp_path, database, **keys) as door:
        assert door.post(fresh(raw("aa"))).status == 204
        assert door.post(fresh(raw("aa"), signer=other)).status == 204
        assert door.post(fresh(raw("aa"), signer=Signer(10))).status == 400


@pytest.mark.parametrize("key", ["", "no key"])
def test_without_a_key_everything_is_to_be_tried_again(
    database: Database, tmp_path: Path, key: str
) -> None:
    """It is our fault, and SendGrid keeps the events for a day."""
    with opened(tmp_path, database, SENDGRID_WEBHOOK_PUBLIC_KEY=key) as door:
        answer = door.post(fresh(raw("aa")))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert nothing_was_kept(database)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_when_it_cannot_be_written_down_it_is_to_be_tried_again(
    database: Database, tmp_path: Path
) -> None:
    with opened(tmp_path, database) as door:
        with database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE posted_events RENAME TO gone")
        answer = door.post(fresh(raw("aa")))
        assert answer.status == 503
        assert "Traceback" not in answer.text
        with database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO posted_events")
        assert door.post(fresh(raw("aa"))).status == 204


@pytest.mark.parametrize("seed", range(2))
def test_any_order_and_repetition_comes_to_the_same_at_the_door(
    database: Database, tmp_path: Path, seed: int
) -> None:
    """Posts in any order, more than once, several at a time, while the server absorbs."""
    chance = random.Random(seed)
    weeks = [handed_over(database, 6, number=number) for number in range(4)]
    events = some_events(chance, weeks, start=int(now().timestamp()) - 40 * DAY)
    seen = []
    for turn in range(3):
        arriving = chance.sample(events * 2, 2 * len(events)) if turn else list(events)
        size = chance.choice([1, 4, 15]) if turn else len(events)
        posts = [fresh(*arriving[at : at + size]) for at in range(0, len(arriving), size)]
        with opened(tmp_path / str(turn), database) as door, ThreadPoolExecutor(6) as pool:
            assert {answer.status for answer in pool.map(door.post, posts)} == {204}
        absorbed(database)
        seen.append(state_of(database))
        as_before(database)
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][5]


def test_the_stand_in_reports_to_it_as_the_provider_does(
    database: Database, tmp_path: Path
) -> None:
    """Signed by it, in disorder, some events twice; it takes 2xx for arrived."""
    ids = handed_over(database, 30)
    outcomes = {"reader3@example.org": "bounce", "reader4@example.org": "spamreport"}
    made = standin_rules.Rules(outcomes=outcomes, repeated_events=0.5, seed=SIGNER_SEED)
    people: list[dict[str, Any]] = [
        {
            "to": [{"email": f"reader{n}@example.org"}],
            "custom_args": {"nl_delivery": id_, "nl_attempt": "1"},
        }
        for n, id_ in enumerate(ids, 1)
    ]
    clock = now().timestamp()
    with (
        serve(tmp_path / "records", made, lambda: clock) as standin,
        Client(standin.url) as client,
        opened(tmp_path, database) as door,
    ):
        assert client.send(people).status == 202
        url = f"{door.site.origin}{PATH}"
        told = client.control("POST", "events/post", url=url)
        assert set(told["statuses"]) == {204}
        assert json.loads(json.dumps(client.control("POST", "events/post", url=url))) == {
            "statuses": []
        }
    absorbed(database)
    assert barred(database) == {
        "reader3@example.org": "hard_bounce",
        "reader4@example.org": "complaint",
    }


SIGNER_SEED = 7
"""Of the stand-in, whose key follows from it; that of SIGNER."""
