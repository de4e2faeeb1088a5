"""What a preset writes it reads back, and what services write in their own way."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.model import Form, SubscriptionStatus, SuppressionReason
from subscribers.presets import PRESETS, recognised
from subscribers.presets.preset import Preset, cells_of, header_of, moment, pick_with
from subscribers.row import Row

_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=8
)
_NAMES = st.lists(_TEXT, max_size=3).map(" ".join)
_TIMES = st.datetimes().map(lambda at: moment(f"{at.replace(year=2020):%Y-%m-%d %H:%M:%S}"))
_PEOPLE = st.builds(
    Row,
    email=st.sampled_from(["anna@example.org", "B+x@example.com"]),
    name=_NAMES,
    topics=st.sampled_from(["", "trials", "research;trials"]),
    status=st.sampled_from(list(SubscriptionStatus)).map(str),
    consented_at=st.just("") | _TIMES,
    source=_NAMES,
    suppressed=st.just("") | st.sampled_from(list(SuppressionReason)).map(str),
    form=st.sampled_from(list(Form)).map(str),
    unsubscribed_at=_TIMES,
    paused_until=st.just("") | _TIMES,
)

each_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda each: each.key)


@each_preset
@given(rows=st.lists(_PEOPLE, min_size=1, max_size=5))
@settings(max_examples=25)
def test_a_round_trip_loses_nothing(preset: Preset, rows: list[Row]) -> None:
    rows = [
        row if row.suppressed or row.status == "unsubscribed" else row._replace(unsubscribed_at="")
        for row in rows
    ]
    text = io.StringIO()
    writer = csv.writer(text, escapechar=preset.escape, doublequote=preset.escape is None)
    for row in rows:
        writer.writerow(cells_of(preset, row))
    text.seek(0)
    read = csv.reader(text, escapechar=preset.escape, strict=True)
    for row, cells in zip(rows, read, strict=True):
        part = "" if preset.part_of is None else preset.parts[preset.part_of(row)]
        pick = pick_with(preset, header_of(preset), preset.by_name(part))
        back, passed_over = pick(cells)
        assert (back, passed_over) == (row, "")


@each_preset
@given(row=_PEOPLE)
@settings(max_examples=25)
def test_nobody_is_active_in_a_services_own_words_who_is_not_here(preset: Preset, row: Row) -> None:
    """The columns we add may be lost on the way: then too nobody is mailed who must not be."""
    header, cells = list(preset.columns), list(preset.write(row))
    part = "" if preset.part_of is None else preset.parts[preset.part_of(row)]
    back, passed_over = pick_with(preset, header, preset.by_name(part))(cells)
    mailable = row.status == "active" and not row.suppressed
    assert (back.status == "active" and not passed_over and not back.suppressed) == mailable


@each_preset
def test_its_own_header_gives_it_away_and_no_other(preset: Preset) -> None:
    assert [each.key for each in recognised(header_of(preset))] == [preset.key]


def test_an_added_column_lets_nobody_in_who_left_there_meanwhile() -> None:
    preset = PRESETS["ghost"]
    row = Row("anna@example.org", "Anna", "", "active", "", "", "")
    cells = list(cells_of(preset, row))
    at = preset.columns.index("subscribed_to_emails")
    cells[at] = "false"
    back, _ = pick_with(preset, header_of(preset))(cells)
    assert back.status == "unsubscribed"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2021-06-30 18:00:00", "2021-06-30T18:00:00Z"),
        ("2021-06-30T18:00:00.000Z", "2021-06-30T18:00:00Z"),
        ("2021-06-30T20:00:00+02:00", "2021-06-30T18:00:00Z"),
        ("2021-06-30 18:00:00 UTC", "2021-06-30T18:00:00Z"),
        ("2021-06-30 18:00:00 +0000 UTC", "2021-06-30T18:00:00Z"),
        ("2021-06-30 18:00:00.1 +0000 +0000", "2021-06-30T18:00:00.100000Z"),
        ("2021-06-30 19:00:00 +0100 BST", "2021-06-30T18:00:00Z"),
        ("2021-06-30 23:30:00 +0530 IST", "2021-06-30T18:00:00Z"),
        ("2021-06-30 18:00:00 IST", ""),
        ("June 30, 2021", "2021-06-30T00:00:00Z"),
        ("30 Jun 2021", "2021-06-30T00:00:00Z"),
        ("2021/06/30 18:00:00", "2021-06-30T18:00:00Z"),
        ("0000-00-00 00:00:00", ""),
        ("3/4/2021", ""),
        ("never", ""),
        ("", ""),
    ],
)
def test_a_time_is_read_only_where_it_is_certain(text: str, read: str) -> None:
    assert moment(text) == read


def test_the_command_line_knows_the_same_services() -> None:
    from newsletter.cli.moving import SERVICES
    from newsletter.cli.moving_text import TITLES

    assert tuple(PRESETS) == SERVICES
    assert {key: each.title for key, each in PRESETS.items()} == TITLES
