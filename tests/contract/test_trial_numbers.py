"""Numbers of trials, against a collection of patterns with examples, beside the repository."""

from __future__ import annotations

import json
import re

import pytest

from newsletter.model.trial import Register
from newsletter.trials.recognise import trials_in
from tests.register import MISSING, SHARED

FILE = SHARED / "registry_regexes.json"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=MISSING)

DOCUMENT = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
POSITIVES = DOCUMENT.get("positives", [])
NEGATIVES = DOCUMENT.get("negatives", [])
PATTERNS = {
    "NCT": Register.CTGOV,
    "EudraCT": Register.EUDRACT,
    "EU CT (CTIS)": Register.CTIS,
    "ISRCTN": Register.ISRCTN,
    "NTR/NL/CCMO/OMON": Register.DUTCH,
    "ACTRN": Register.ANZCTR,
    "jRCT": Register.JRCT,
    "ChiCTR": Register.CHICTR,
    "DRKS": Register.DRKS,
    "UMIN": Register.UMIN,
    "CTRI": Register.CTRI,
    "WHO UTN": Register.UTN,
}


def test_there_are_examples() -> None:
    """Else the tests below would prove nothing."""
    assert len(POSITIVES) >= 20
    assert set(PATTERNS) <= set(DOCUMENT)


@pytest.mark.parametrize("example", POSITIVES)
def test_a_number_is_found_in_a_sentence_about_a_trial(example: str) -> None:
    """As one trial, of the register whose pattern fits it."""
    found = trials_in("", f"<p>The trial is registered as {example}, they say.</p>")
    theirs = {register for name, register in PATTERNS.items() if re.search(DOCUMENT[name], example)}
    assert len(found) == 1
    assert found[0].register in theirs


@pytest.mark.parametrize("example", POSITIVES)
def test_its_normal_form_is_its_letters_and_digits(example: str) -> None:
    """Nothing of it is lost, and nothing is added."""
    found = trials_in("", f"<p>The trial is registered as {example}.</p>")
    short = [re.sub(r"\W", "", text).lower().removeprefix("eudract")
             for text in (found[0].number, example)]  # fmt: skip
    assert short[0] == short[1]


@pytest.mark.parametrize("example", NEGATIVES)
def test_what_is_none_is_not_found(example: str) -> None:
    """And the new EU number does not count as one of the old register, too."""
    found = trials_in("", f"<p>The trial is registered as {example}.</p>")
    assert [trial.register for trial in found] in ([], [Register.CTIS])
    assert bool(found) == ("must not also" in example)
