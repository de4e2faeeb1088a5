"""A person at the pages, for tests: asks, gets mails, follows their links, leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from newsletter.store.engine import Database
from subscribers import answering, asking, confirming, leaving, links, membership
from subscribers.asking import Answer, Asking, Rules
from subscribers.limits import Limit
from subscribers.model import (
    Dossier,
    Form,
    Letter,
    Method,
    Purpose,
    RequestState,
    Subscriber,
    SubscriptionStatus,
)

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
SECRETS = ("current secret", "older secret")
WORDING = "Please send me the newsletter by e-mail."
MANY = Limit(most=1000)


class Reader:
    """One person; `now` is her clock. `mails` are those she got, as (letter, token)."""

    def __init__(self, database: Database, address: str = "anna@example.org") -> None:
        self.database = database
        self.address = address
        self.now = NOW
        self.rules = Rules(per_network=MANY, per_address=MANY)
        self.pace = answering.Pace()
        self.mails: list[tuple[Letter, str]] = []
        self.sent_at: list[tuple[Purpose, datetime]] = []

    def wait(self, **time: float) -> None:
        """Time passes (`hours=2`)."""
        self.now += timedelta(**time)

    def ask(
        self, purpose: Purpose = Purpose.SUBSCRIBE, *, trap: str = "", **chosen: object
    ) -> Answer:
        """Types the address into a form, and what answers it is delivered."""
        form = Asking(
            purpose=purpose,
            address=self.address,
            wording=WORDING if purpose is Purpose.SUBSCRIBE else "",
            source="https://news.example.org/",
            network="203.0.113.7",
            trap=trap,
        )
        with self.database.begin() as conn:
            form = replace(form, **chosen)  # type: ignore[arg-type]
            answer = asking.ask(conn, form, self.rules, now=self.now, secrets=SECRETS)
        self.deliver()
        return answer

    def deliver(self) -> None:
        """Every mail that is due arrives."""
        while True:
            with self.database.begin() as conn:
                due = answering.decide_next(
                    conn, self.rules, self.pace, now=self.now, secrets=SECRETS
                )
            if due is None:
                return
            if due.state is not RequestState.DUE:
                continue
            assert due.letter is not None
            self.mails.append((due.letter, links.signed(due.nonce, due.purpose, SECRETS)))
            self.sent_at.append((due.purpose, self.now))
            with self.database.begin() as conn:
                answering.sent(conn, due)

    @property
    def letters(self) -> list[Letter]:
        """Which mails came."""
        return [letter for letter, _ in self.mails]

    def confirm(self, at: int = -1) -> confirming.Outcome:
        """Presses the button behind the link of a mail, the last one if none is named."""
        with self.database.begin() as conn:
            done = confirming.confirm(
                conn, self.mails[at][1], now=self.now, secrets=SECRETS, source="page"
            )
        return done.outcome

    def join(self) -> Subscriber:
        """Signs up and confirms."""
        self.ask()
        assert self.confirm() is confirming.Outcome.CONFIRMED
        return self.person

    def leave(self, reason: str = "", *, token: str | None = None) -> leaving.Outcome:
        """Presses the button for leaving behind the lasting link."""
        with self.database.begin() as conn:
            left = leaving.leave(
                conn,
                token or self.person.token,
                now=self.now,
                method=Method.PERSONAL_LINK,
                reason=reason,
            )
        return left.outcome

    @property
    def dossier(self) -> Dossier:
        """All that is held about the address."""
        with self.database.read() as conn:
            return membership.show(conn, self.address, secrets=SECRETS)

    @property
    def person(self) -> Subscriber:
        """The person as she is on the list."""
        person = self.dossier.subscriber
        assert person is not None
        return person

    @property
    def status(self) -> SubscriptionStatus | None:
        """How the subscription stands."""
        with self.database.read() as conn:
            return membership.status_of(conn, self.address)

    @property
    def form(self) -> Form:
        """In which form she gets the mail."""
        return self.person.form
