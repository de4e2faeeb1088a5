"""The question before a real send, answered by a person at a terminal."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner, Result

from newsletter.cli.send import ask
from newsletter.delivery.gates import GateFacts, Terms, gates
from newsletter.model.edition import Channel
from newsletter.pipeline.send import Question

TERMS = Terms(transport="smtp", sender="A <a@example.org>", public_url="https://n.example.org")


def asked(people: int, answer: str) -> Result:
    """The question for so many people, with what the person types."""
    facts = GateFacts(
        channel=Channel.REAL,
        people=people,
        to_mail=people,
        terms=TERMS,
        last_terms=None,
        last_people=None,
    )
    question = Question(
        edition_key="2026-W47",
        channel=Channel.REAL,
        transport="smtp",
        subject="LUTIA post updated, and 2 new posts",
        people=people,
        trials=0,
        posts=3,
        holds=gates(facts),
    )

    @click.command()
    def command() -> None:
        click.echo("yes" if ask(question) else "no")

    return CliRunner().invoke(command, input=answer)


@pytest.mark.parametrize(
    ("people", "typed", "answer"),
    [
        (1000, "y\n", "yes"),
        (1000, "n\n", "no"),
        (1000, "\n", "no"),  # Enter alone sends nothing
        (1001, "1001\n", "yes"),
        (1001, "y\n", "no"),
        (1001, "\n", "no"),
        (1001, "1000\n", "no"),
        (27123, "27,123\n", "yes"),
        (27123, "27 123\n", "yes"),
        (27123, "2712\n", "no"),
    ],
)
def test_above_a_thousand_people_only_their_number_is_a_yes(
    people: int, typed: str, answer: str
) -> None:
    assert asked(people, typed).stdout.splitlines()[-1] == answer


def test_it_names_channel_people_posts_and_what_to_look_at() -> None:
    said = asked(27123, "\n").stderr
    for words in ("2026-W47", "3 posts", "27,123 people", "real", "smtp", "LUTIA", "first real"):
        assert words in said


def test_a_terminal_that_goes_away_is_a_no() -> None:
    result = asked(10, "")
    assert "yes" not in result.stdout
