"""Trials are found by their numbers, wherever an author put them, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model.trial import Register, TrialId
from newsletter.trials.recognise import trials_in
from newsletter.trials.registers import name_of, page_of, trial_of


def numbers(html: str, title: str = "") -> list[str]:
    """The numbers of the trials in a post."""
    return [trial.number for trial in trials_in(title, html)]


@pytest.mark.parametrize(
    "address",
    [
        "https://clinicaltrials.gov/study/NCT03590119",
        "https://clinicaltrials.gov/ct2/show/NCT03590119",
        "https://www.clinicaltrials.gov/ct2/show/NCT03590119?term=lutia&amp;rank=1",
        "http://clinicaltrials.gov/ct/show/NCT03590119;jsessionid=1",
        "https://clinicaltrials.gov/ct2/show/record/NCT03590119",
        "https://clinicaltrials.gov/show/nct03590119",
        "https://clinicaltrials.gov/ct2/results?term=%4eCT03590119",
        "https://trialsearch.who.int/Trial2.aspx?TrialID=NCT03590119",
    ],
)
def test_the_target_of_a_link_names_the_trial(address: str) -> None:
    """Often the text only says "click here"."""
    assert numbers(f'<p>Read more by <a href="{address}">clicking here</a>.</p>') == ["NCT03590119"]


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("https://www.clinicaltrialsregister.eu/ctr-search/trial/2017-000369-54/NL",
         "2017-000369-54"),
        ("https://www.clinicaltrialsregister.eu/ctr-search/search?query=2017-000369-54",
         "2017-000369-54"),
        ("https://euclinicaltrials.eu/ctis-public/view/2022-501234-21-00", "2022-501234-21-00"),
        ("https://www.isrctn.com/ISRCTN70039829", "ISRCTN70039829"),
        ("https://doi.org/10.1186/ISRCTN70039829", "ISRCTN70039829"),
        ("https://www.onderzoekmetmensen.nl/en/trial/55555", "NL-OMON55555"),
        ("https://www.trialregister.nl/trial/8012", "NL8012"),
        ("https://drks.de/search/en/trial/DRKS00005115", "DRKS00005115"),
    ],
)  # fmt: skip
def test_other_registers_are_known_by_their_addresses(address: str, number: str) -> None:
    """Also where the address leaves out what the register's numbers begin with."""
    assert numbers(f'<a href="{address}">register</a>') == [number]


@pytest.mark.parametrize(
    "html",
    [
        "<p>NCT 03590119</p>",
        "<p>NCT-03590119</p>",
        "<p>NCT#03590119</p>",
        "<p>nct03590119</p>",
        "<p>(NCT<b>0359</b>0119)</p>",
        "<p>NCT:&nbsp;03590119.</p>",
        "<li>NCT03590119</li><li>NCT03590119</li>",
        '<p><a href="https://clinicaltrials.gov/study/NCT03590119">NCT03590119</a></p>',
    ],
)
def test_one_trial_is_found_once_however_it_is_spelled(html: str) -> None:
    """In its normal form."""
    assert numbers(html) == ["NCT03590119"]


def test_trials_come_in_the_order_of_the_post() -> None:
    """Title first; a link is where it begins."""
    html = (
        '<p><a href="https://clinicaltrials.gov/study/NCT00000003">here</a> and NCT00000002,'
        " EudraCT 2017-000369-54</p>"
    )
    assert numbers(html, "About NCT00000004") == [
        "NCT00000004",
        "NCT00000003",
        "NCT00000002",
        "2017-000369-54",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Call 2017-000369-54 for an appointment.",
        "Order number 2017-000369-54, by post to NL 8012.",
        "Platform NL8012 of the bus station; form NTR 6743.",
        "NCT1234567", "NCT123456789", "NCT00000000", "NCT035901190", "XNCT03590119",
        "doi 10.1007/s00259-023-06467-y",
        "On <p>NCT</p><p>is an abbreviation</p> 03590119",
        "ISRCTN1234567", "DRKS123", "jRCT12", "U1111-123-4567", "2017-0003",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    """A number that could be anything counts only beside a word about trials."""
    assert numbers(text) == []


def test_the_number_of_the_new_eu_register_is_not_also_one_of_the_old() -> None:
    """It begins like one."""
    found = trials_in("", "<p>EU trial 2022-501234-21-00, EudraCT 2017-000369-54</p>")
    assert [trial.register for trial in found] == [Register.CTIS, Register.EUDRACT]


def test_a_context_far_away_does_not_count() -> None:
    """The word stands beside the number."""
    assert numbers(f"<p>A trial. {'Words. ' * 30} 2017-000369-54</p>") == []


def test_a_number_can_be_given_as_it_is_written_anywhere() -> None:
    """As an argument of a command."""
    assert trial_of(" nct 03590119 ") == TrialId(Register.CTGOV, "NCT03590119")
    assert trial_of("EudraCT number: 2017-000369-54") == TrialId(Register.EUDRACT, "2017-000369-54")
    assert trial_of("ACTRN12615000123456P") == TrialId(Register.ANZCTR, "ACTRN12615000123456p")
    assert trial_of("two NCT03590119") is None
    assert trial_of("") is None


def test_every_register_has_a_name_and_a_page() -> None:
    """So that each trial can be linked."""
    for register in Register:
        assert name_of(register)
        assert page_of(TrialId(register, "A/1-2")).startswith("https://")
    assert page_of(TrialId(Register.CTGOV, "NCT03590119")) == (
        "https://clinicaltrials.gov/study/NCT03590119"
    )


@given(st.text(max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    """Whatever a blog contains, nothing is raised."""
    trials_in(text, text)


@given(st.lists(st.integers(1, 9_999_999), min_size=1, max_size=5, unique=True), st.data())
def test_every_number_of_a_post_is_found(found: list[int], data: st.DataObject) -> None:
    """However they are mixed into text and links."""
    wanted = [f"NCT{number:08d}" for number in found]
    forms = ["<p>{}</p>", "and {}, ", '<a href="https://clinicaltrials.gov/ct2/show/{}">it</a>']
    html = "".join(data.draw(st.sampled_from(forms)).format(number) for number in wanted)
    assert numbers(html) == wanted
