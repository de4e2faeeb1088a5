"""The registers of trials that are known: how their numbers look, and where an entry is shown.

The forms of the numbers follow the registers' own pages and two open collections of patterns
(github.com/maia-sh/ctregistries, github.com/rfhb/ctrdata).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from newsletter.model.trial import Register, TrialId

VERSION: Final = 1
"""Raised when a pattern changes: all posts are searched again."""

_ICTRP: Final = "https://trialsearch.who.int/Trial2.aspx?TrialID={}"
"""The World Health Organization's search over all registers, for those that have no page of an
entry which could be named by the number alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How a register's numbers are written.

    `pattern` finds one in running text; its group is the number without `prefix`. A number that
    alone could be anything counts only near something that `context` finds. `link` finds one in an
    address, for sites whose addresses leave the prefix out. An entry's page is `page` with the
    whole number in place of `{}`.
    """

    register: Register
    name: str
    pattern: re.Pattern[str]
    page: str
    prefix: str = ""
    context: re.Pattern[str] | None = None
    link: re.Pattern[str] | None = None


def _found(pattern: str, *, any_case: bool = True) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII if any_case else re.ASCII)


_DUTCH_CONTEXT: Final = _found(r"trial|regist|\bntr\b(?!\s?\d)|ccmo|onderzoek")

NUMBERS: Final = (
    Numbers(
        register=Register.CTGOV,
        name="ClinicalTrials.gov",
        pattern=_found(r"(?<![a-z0-9])NCT[\W_]{0,3}(0\d{7})(?!\d)"),
        page="https://clinicaltrials.gov/study/{}",
        prefix="NCT",
    ),
    # Before EudraCT: the number of one begins like that of the other.
    Numbers(
        register=Register.CTIS,
        name="EU Clinical Trials Information System",
        pattern=_found(r"(?<![\d-])(20\d\d-5\d{5}-\d\d-\d\d)(?![-\d])"),
        page="https://euclinicaltrials.eu/ctis-public/view/{}",
    ),
    Numbers(
        register=Register.EUDRACT,
        name="EU Clinical Trials Register",
        pattern=_found(r"(?<![\d-])((?:19|20)\d\d-\d{6}-\d\d)(?![-\d])"),
        page="https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:{}",
        context=_found(r"eudra|euctr|ctr-search|trial|study|protocol|regist"),
    ),
    Numbers(
        register=Register.ISRCTN,
        name="ISRCTN registry",
        pattern=_found(r"(?<![a-z0-9])ISRCTN\W{0,2}(\d{8})(?!\d)"),
        page="https://www.isrctn.com/{}",
        prefix="ISRCTN",
    ),
    Numbers(
        register=Register.DUTCH,
        name="Dutch register",
        pattern=_found(r"(?<![A-Za-z0-9-])NL-OMON\s?(\d{3,6})(?!\d)", any_case=False),
        page=_ICTRP,
        link=re.compile(r"onderzoekmetmensen\.nl/(?:\w\w/)?(?:trial|node)/(\d{3,6})(?!\d)"),
        prefix="NL-OMON",
    ),
    Numbers(
        register=Register.DUTCH,
        name="Dutch register",
        pattern=_found(r"(?<![A-Za-z0-9-])NL\s?(\d{4,5}\.\d{3}\.\d\d)(?!\d)", any_case=False),
        page=_ICTRP,
        prefix="NL",
    ),
    Numbers(
        register=Register.DUTCH,
        name="Dutch register",
        pattern=_found(r"(?<![A-Za-z0-9-])NTR\s?(\d{2,4})(?!\d)", any_case=False),
        page=_ICTRP,
        prefix="NTR",
        context=_DUTCH_CONTEXT,
    ),
    Numbers(
        register=Register.DUTCH,
        name="Dutch register",
        pattern=_found(r"(?<![A-Za-z0-9-])NL\s?(\d{4,5})(?![.\d]\d)", any_case=False),
        page=_ICTRP,
        prefix="NL",
        context=_DUTCH_CONTEXT,
        link=re.compile(r"trialregister\.nl/trial/(\d{4,5})(?!\d)"),
    ),
    Numbers(
        register=Register.ANZCTR,
        name="Australian New Zealand Clinical Trials Registry",
        pattern=_found(r"(?<![a-z0-9])ACTRN\W{0,2}(126\d{11}p?)(?![\dp])"),
        page="https://www.anzctr.org.au/{}.aspx",
        prefix="ACTRN",
    ),
    Numbers(
        register=Register.JRCT,
        name="Japan Registry of Clinical Trials",
        pattern=_found(r"(?<![A-Za-z0-9])(jRCT[a-z]{0,2}\d{9,10})(?!\d)", any_case=False),
        page=_ICTRP.format("JPRN-{}"),
    ),
    Numbers(
        register=Register.CHICTR,
        name="Chinese Clinical Trial Registry",
        pattern=_found(r"(?<![a-z0-9])ChiCTR(-?[\w-]{0,9}?\d{8,10})(?!\d)"),
        page=_ICTRP,
        prefix="ChiCTR",
    ),
    Numbers(
        register=Register.DRKS,
        name="German Clinical Trials Register",
        pattern=_found(r"(?<![A-Za-z0-9])DRKS\s?(000\d{5})(?!\d)", any_case=False),
        page="https://drks.de/search/en/trial/{}",
        prefix="DRKS",
    ),
    Numbers(
        register=Register.UMIN,
        name="UMIN Clinical Trials Registry",
        pattern=_found(r"(?<![A-Za-z0-9])UMIN\s?(0000\d{5})(?!\d)", any_case=False),
        page=_ICTRP.format("JPRN-{}"),
        prefix="UMIN",
    ),
    Numbers(
        register=Register.CTRI,
        name="Clinical Trials Registry - India",
        pattern=_found(r"(?<![A-Za-z0-9])(CTRI/\d{4}/\d{2,3}/\d{6})(?!\d)", any_case=False),
        page=_ICTRP,
    ),
    Numbers(
        register=Register.UTN,
        name="WHO Universal Trial Number",
        pattern=_found(r"(?<![A-Za-z0-9])(U1111-\d{4}-\d{4})(?!\d)", any_case=False),
        page="https://trialsearch.who.int/",
    ),
)
"""Every form, in the order in which they are tried; what one has found is no other's."""

_SAID: Final = _found(r"^(?:eudract|euctr|eu ct)(?:\s*(?:no\.?|number))?[\s:#]*")
_NAMES: Final = {numbers.register: numbers.name for numbers in NUMBERS}


def name_of(register: Register) -> str:
    """The register's name as readers see it."""
    return _NAMES[register]


def page_of(trial: TrialId) -> str:
    """The address at which everybody can read the register's entry."""
    for numbers in NUMBERS:
        if numbers.register is trial.register:
            return numbers.page.format(quote(trial.number, safe="/-"))
    raise AssertionError(trial)


def trial_of(text: str) -> TrialId | None:
    """The trial whose number this text is, however it is spelled; None when it is none."""
    given = _SAID.sub("", text.strip())
    for numbers in NUMBERS:
        found = numbers.pattern.fullmatch(given)
        if found is not None:
            return spelled(numbers, found)
    return None


def spelled(numbers: Numbers, found: re.Match[str]) -> TrialId | None:
    """The number that was found, in its normal form; None for one that nobody can have."""
    number = found[1]
    if numbers.register is Register.CTGOV and not int(number):
        return None  # NCT00000000: the register refuses it, and everything asked together with it
    if numbers.register is Register.ANZCTR:
        number = number.lower()
    elif numbers.register is Register.CHICTR:
        number = number.upper()
    return TrialId(numbers.register, numbers.prefix + number)
