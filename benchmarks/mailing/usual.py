"""The scripts one finds for the same purpose, with the package `sendgrid` alone.

    python usual.py PROVIDER PEOPLE

Says the seconds that each needs for 100,000 people, extrapolated from PEOPLE of them: one `Mail()`
and one request for each person, and the package's helpers with 1,000 personalizations a request.
Neither remembers what was sent; the ids are what the stand-in counts by.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    Content,
    CustomArg,
    Email,
    Header,
    Mail,
    Personalization,
    Substitution,
    To,
)

from newsletter.standin.rules import KEY

TEXT, HTML = "Words. " * 1000, "<p>Words and more.</p>" * 1100
_FOR = 100_000
_SENDER = Email("news@example.org", "A Newsletter")


def one_by_one(client: SendGridAPIClient, people: int) -> None:
    """A request for each person."""
    for number in range(people):
        link = f"https://news.example.org/unsubscribe/{number:028d}"
        mail = Mail(
            from_email=_SENDER,
            to_emails=f"reader{number}@example.org",
            subject="This week",
            plain_text_content=f"{TEXT}{link}",
            html_content=f'{HTML}<a href="{link}">.</a>',
        )
        mail.add_header(Header("List-Unsubscribe", f"<{link}>"))
        mail.add_custom_arg(CustomArg("nl_delivery", f"{number:032d}"))
        mail.add_custom_arg(CustomArg("nl_attempt", "1"))
        client.send(mail)


def with_helpers(client: SendGridAPIClient, people: int) -> None:
    """A thousand people a request."""
    for first in range(0, people, 1000):
        mail = Mail(from_email=_SENDER, subject="This week")
        mail.add_content(Content("text/plain", TEXT))
        mail.add_content(Content("text/html", HTML))
        for number in range(first, first + 1000):
            mail.add_personalization(_personalization(number))
        client.send(mail)


def _personalization(number: int) -> Personalization:
    link = f"https://news.example.org/unsubscribe/{number:028d}"
    made = Personalization()
    made.add_to(To(f"reader{number}@example.org"))
    made.add_header(Header("List-Unsubscribe", f"<{link}>"))
    for tag in ("-u-", "-p-", "-v-"):
        made.add_substitution(Substitution(tag, link))
    made.add_custom_arg(CustomArg("nl_delivery", f"{number:032d}"))
    made.add_custom_arg(CustomArg("nl_attempt", "1"))
    return made


def seconds(work: Callable[[SendGridAPIClient, int], None], url: str, people: int) -> float:
    """For 100,000 people."""
    client = SendGridAPIClient(KEY, host=url)
    begin = time.perf_counter()
    work(client, people)
    return (time.perf_counter() - begin) / people * _FOR


def main() -> None:
    """Both."""
    url, people = sys.argv[1], int(sys.argv[2])
    told = {
        "one_by_one": seconds(one_by_one, url, people),
        "with_helpers": seconds(with_helpers, url, max(people // 1000, 1) * 1000),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
