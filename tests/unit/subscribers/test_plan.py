"""The laws of an import, on values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from subscribers.model import ConsentKind, Form, SuppressionReason
from subscribers.plan import Plan, plan
from subscribers.rows import Candidate
from subscribers.store.people import Known

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
ORDER = ("pending", "active", "unsubscribed")

_CANDIDATES = st.lists(
    st.builds(
        lambda who, name, topics, status, suppressed, stated: Candidate(
            1,
            f"{who}@a.org",
            f"{who}@a.org",
            name,
            topics,
            status,
            None,
            "list",
            suppressed,
            stated=stated,
        ),
        st.sampled_from("abc"),
        st.sampled_from(["", "Anna", "Ben"]),
        st.sampled_from(["", "trials"]),
        st.sampled_from(ORDER),
        st.sampled_from(["", "", "complaint", "erased"]),
        st.booleans(),
    ),
    max_size=12,
)
_KNOWN = st.dictionaries(
    st.sampled_from(["a@a.org", "b@a.org"]),
    st.builds(Known, st.sampled_from(ORDER), st.sampled_from(["", "Old"]), st.just("")),
)
_BARRED = st.dictionaries(
    st.sampled_from(["a@a.org", "c@a.org"]), st.sampled_from(list(SuppressionReason)), max_size=1
)


def after(made: Plan, known: dict[str, Known]) -> dict[str, Known]:
    return known | made.states


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_every_row_is_counted_once(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    made = plan(rows, known, barred, NOW)
    assert made.outcomes.total() == len(rows)
    assert made.reasons.total() == made.outcomes["left_alone"]


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_a_status_only_moves_forward(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    for key, state in plan(rows, known, barred, NOW).states.items():
        if key in known:
            assert ORDER.index(state.status) >= ORDER.index(known[key].status)


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_who_must_not_be_written_to_is_neither_added_nor_activated(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    made = plan(rows, known, barred, NOW)
    assert not (made.new.keys() | made.activated.keys()) & barred.keys()
    chose = {made.states[key].status for key in made.choices & barred.keys()}
    assert chose <= {"unsubscribed"}  # of who leaves with the same list


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_the_same_rows_again_add_and_move_nobody(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    first = plan(rows, known, barred, NOW)
    told = {key: SuppressionReason(bar.reason) for key, bar in first.bars.items()}
    again = plan(rows, after(first, known), told | barred, NOW)
    assert not again.bars
    assert not again.new
    assert not again.activated
    assert not again.left
    assert not again.notes


@given(_CANDIDATES, _KNOWN, _BARRED, st.integers(0, 12))
def test_where_the_blocks_are_cut_makes_no_difference(
    rows: list[Candidate],
    known: dict[str, Known],
    barred: dict[str, SuppressionReason],
    cut: int,
) -> None:
    whole = plan(rows, known, barred, NOW)
    first = plan(rows[:cut], known, barred, NOW)
    told = {key: SuppressionReason(bar.reason) for key, bar in first.bars.items()}
    second = plan(rows[cut:], after(first, known), told | barred, NOW)
    assert whole.bars == first.bars | second.bars
    assert whole.states == first.states | second.states
    assert whole.outcomes == first.outcomes + second.outcomes
    assert whole.reasons == first.reasons + second.reasons
    assert whole.notes == first.notes + second.notes


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_every_move_leaves_evidence(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    made = plan(rows, known, barred, NOW)
    withdrawn = {note.key for note in made.notes if note.kind is ConsentKind.WITHDRAWN}
    given_ = {note.key for note in made.notes if note.kind is ConsentKind.IMPORTED}
    for key, state in made.states.items():
        before = known[key].status if key in known else ""
        if state.status != before:
            assert key in {"unsubscribed": withdrawn, "active": given_}.get(state.status, {key})


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_whom_a_list_calls_unreachable_is_barred_and_the_first_reason_stays(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    bars = plan(rows, known, barred, NOW).bars
    told = {each.key for each in rows if each.suppressed not in ("", "erased")}
    assert bars.keys() == told - barred.keys()


@given(_CANDIDATES, _KNOWN, _BARRED)
def test_whoever_comes_in_from_a_row_that_bars_her_is_barred_in_the_same_moment(
    rows: list[Candidate], known: dict[str, Known], barred: dict[str, SuppressionReason]
) -> None:
    made = plan(rows, known, barred, NOW)
    for key, candidate in made.new.items():
        if candidate.suppressed and made.states[key].status != "unsubscribed":
            assert candidate.stated
            assert candidate.suppressed != "erased"
            assert key in made.bars


def _leaver(at: datetime | None, suppressed: str = "") -> Candidate:
    return Candidate(1, "a@a.org", "a@a.org", "", "", "unsubscribed", None, "old list", suppressed,
                     left_at=at)  # fmt: skip


def test_who_agreed_after_the_old_list_says_she_left_is_not_put_off_again() -> None:
    known = {"a@a.org": Known("active", "Anna", "")}
    agreed = {"a@a.org": NOW}
    old = plan([_leaver(NOW - timedelta(days=1))], known, {}, NOW, agreed)
    assert (old.left, old.reasons) == (set(), {"joined_again_since": 1})
    assert not plan([_leaver(NOW - timedelta(days=1), "hard_bounce")], known, {}, NOW, agreed).bars
    for later in (NOW + timedelta(days=1), NOW, None):
        made = plan([_leaver(later)], known, {}, NOW, agreed)
        assert made.left == {"a@a.org"}
        assert made.notes[0].happened_at == (later or NOW)


def test_the_forms_are_those_of_the_editions() -> None:
    from newsletter.model.edition import Form as EditionForm

    assert [each.value for each in Form] == [each.value for each in EditionForm]
