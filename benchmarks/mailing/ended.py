"""What the ledger says of the delivery after a send.

    python ended.py URL

Says how many people were accepted, in how many batches, and how many seconds were between the end
of planning and the end of the edition.
"""

from __future__ import annotations

import json
import sys

from sqlalchemy import func, select

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.store.engine import open_database
from newsletter.store.tables import batch, delivery, edition


def main() -> None:
    """Reads it."""
    database = open_database(sys.argv[1])
    try:
        with database.read() as connection:
            times = select(edition.c.planned_at, edition.c.finished_at)
            planned_at, finished_at = connection.execute(times).one()
            people, batches = (
                connection.execute(
                    select(func.count()).select_from(table).where(table.c.state == state)
                ).scalar_one()
                for table, state in (
                    (delivery, DeliveryState.ACCEPTED),
                    (batch, BatchState.ACCEPTED),
                )
            )
    finally:
        database.close()
    seconds = (finished_at - planned_at).total_seconds()
    print(json.dumps({"people": people, "batches": batches, "handing_over": seconds}))


if __name__ == "__main__":
    main()
