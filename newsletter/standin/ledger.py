"""The judge: who was accepted, who was delivered, how often; asked of the records, not the server.

It reads the stand-in's database, also while the stand-in runs, and after it was killed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newsletter.standin.book import Seen
from newsletter.standin.schedule import Fate, Mark, covers
from newsletter.standin.tables import FILE, open_to_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One recipient of one accepted request. Times in seconds since 1970.

    `delivery` and `attempt` are the custom_args nl_delivery and nl_attempt. `live`: it was
    delivered, or will be as things stand; not so if it is covered by a cancel, expired or dropped.
    """

    request: int
    message_id: str
    email: str
    delivery: str
    attempt: str
    batch_id: str
    send_at: float
    accepted_at: float
    fate: Fate
    result: str
    live: bool

    @property
    def delivered(self) -> bool:
        """Whether it left for the recipient's mailbox (where it may still have bounced)."""
        return self.fate is Fate.DELIVERED and self.result != "dropped"


class Ledger:
    """The records of a stand-in in a folder. Raises UsageError if there are none."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def messages(self) -> Iterator[Message]:
        """Every recipient of every accepted request, in the order of acceptance."""
        with closing(open_to_read(self._file)) as connection:
            connection.execute("BEGIN")  # lots and results of the same moment
            results = {
                (lot, place): str(kind)
                for lot, place, kind in connection.execute("SELECT lot_id, place, kind FROM result")
            }
            for row in connection.execute(
                "SELECT lot.id, request_id, message_id, lot.batch_id, send_at, accepted_at, people,"
                " cancel_holds, fate, mark.status, mark.set_at, mark.lots FROM lot"
                " LEFT JOIN mark ON mark.batch_id = lot.batch_id ORDER BY lot.id"
            ):
                yield from _messages(row, results)

    def live(self) -> Counter[str]:
        """How often each nl_delivery is accepted under ids that are not cancelled."""
        return Counter(message.delivery for message in self.messages() if message.live)

    def accepted(self) -> Counter[tuple[str, str]]:
        """How often each nl_delivery was accepted in each nl_attempt, cancelled or not."""
        return Counter((message.delivery, message.attempt) for message in self.messages())

    def delivered(self) -> Counter[str]:
        """How often each nl_delivery was delivered so far."""
        return Counter(message.delivery for message in self.messages() if message.delivered)

    def mailboxes(self) -> Counter[str]:
        """How many messages were delivered to each address so far."""
        return Counter(message.email.lower() for message in self.messages() if message.delivered)

    def doubles(self) -> dict[str, int]:
        """Each nl_delivery that is live more than once, with how often: has to be empty."""
        return {delivery: times for delivery, times in self.live().items() if times > 1}

    def requests(self) -> list[Seen]:
        """Every request in the order of arrival, with its body if bodies are kept."""
        with closing(open_to_read(self._file)) as connection:
            rows = connection.execute(
                "SELECT id, at, method, path, status, fault, recipients, body"
                " FROM request ORDER BY id"
            ).fetchall()
        return [
            Seen(number=number, at=at, method=method, path=path, status=status, fault=fault,
                 recipients=recipients, body=body)
            for number, at, method, path, status, fault, recipients, body in rows
        ]  # fmt: skip


def _messages(row: tuple[object, ...], results: dict[tuple[int, int], str]) -> Iterator[Message]:
    lot, request, message_id, batch_id, send_at, accepted_at, people, holds, fate, *given = row
    assert isinstance(lot, int) and isinstance(request, int) and isinstance(people, str)  # noqa: PT018
    assert isinstance(send_at, float) and isinstance(accepted_at, float)  # noqa: PT018
    became = Fate(str(fate))
    goes = became is Fate.DELIVERED or (
        became is Fate.WAITING and not _cancelled(given, lot, send_at, bool(holds))
    )
    for place, (email, args) in enumerate(json.loads(people)):
        result = results.get((lot, place), "")
        yield Message(
            request=request,
            message_id=str(message_id),
            email=email,
            delivery=args.get("nl_delivery", ""),
            attempt=args.get("nl_attempt", ""),
            batch_id=str(batch_id),
            send_at=send_at,
            accepted_at=accepted_at,
            fate=became,
            result=result,
            live=goes and result != "dropped",
        )


def _cancelled(given: list[object], lot: int, send_at: float, holds: bool) -> bool:
    """Whether a lot that still waits is covered by a cancel."""
    status, set_at, lots = given
    if status != "cancel":
        return False
    assert isinstance(set_at, float) and isinstance(lots, int)  # noqa: PT018
    mark = Mark("cancel", set_at, lots)
    return covers(mark, lot=lot, send_at=send_at, cancel_holds=holds)
