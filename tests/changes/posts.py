"""Posts in the shapes that a patient's blog has. All in them is made up.

A post is a list of parts, so that rules can change it in one place and write it out again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["p", "h2", "h3", "ul", "ol", "table", "hr"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a post: `lines` are a paragraph, list items, or rows with cells between "|".

    The first row of a table names its columns.
    """

    kind: Kind
    lines: tuple[str, ...] = ()

    def html(self) -> str:
        """As WordPress writes it."""
        if self.kind == "hr":
            return "<hr />"
        if self.kind == "table":
            head, *rows = (line.split("|") for line in self.lines)
            top = "".join(f"<th>{cell.strip()}</th>" for cell in head)
            below = "".join(
                f"<tr>{''.join(f'<td>{cell.strip()}</td>' for cell in row)}</tr>" for row in rows
            )
            return (
                f'<figure class="wp-block-table"><table><thead><tr>{top}</tr></thead>'
                f"<tbody>{below}</tbody></table></figure>"
            )
        if self.kind in ("ul", "ol"):
            items = "".join(f"<li>{line}</li>" for line in self.lines)
            return f'<{self.kind} class="wp-block-list">{items}</{self.kind}>'
        return f"<{self.kind}>{self.lines[0]}</{self.kind}>"

    def with_line(self, at: int, line: str) -> Part:
        """The same with another line."""
        return replace(self, lines=(*self.lines[:at], line, *self.lines[at + 1 :]))


@dataclass(frozen=True, slots=True)
class Post:
    """A title and parts; the last `tail` parts are what stands below every post."""

    title: str
    parts: tuple[Part, ...]
    tail: int = 0

    def html(self) -> str:
        """The whole post."""
        return "\n".join(part.html() for part in self.parts)

    @property
    def own(self) -> int:
        """How many parts are the post's own."""
        return len(self.parts) - self.tail

    def with_part(self, at: int, part: Part) -> Post:
        """The same with another part in the place of one."""
        return replace(self, parts=(*self.parts[:at], part, *self.parts[at + 1 :]))

    def with_more(self, at: int, *parts: Part) -> Post:
        """The same with parts put in before one."""
        return replace(self, parts=(*self.parts[:at], *parts, *self.parts[at:]))

    def without(self, at: int) -> Post:
        """The same without a part."""
        return replace(self, parts=(*self.parts[:at], *self.parts[at + 1 :]))


def p(text: str) -> Part:
    """A paragraph."""
    return Part("p", (text,))


def h(text: str) -> Part:
    """A heading."""
    return Part("h2", (text,))


def ul(*items: str) -> Part:
    """A list."""
    return Part("ul", items)


def table(*rows: str) -> Part:
    """A table, its first row naming the columns."""
    return Part("table", rows)


TAIL = (
    p("<strong>Disclaimer</strong>"),
    p("I am not a doctor or any other medical professional. Ask your own team."),
    p("Thanks for reading"),
    Part("hr"),
    p('I&#8217;m also active on Facebook. <a href="https://social.example/m">Like my page</a>.'),
    p('<a href="https://blog.example.org/popular/">Most Popular Posts</a>'),
)


def _post(title: str, *parts: Part) -> Post:
    return Post(title, (*parts, *TAIL), tail=len(TAIL))


HARBOUR = _post(
    "Clinical trial: lanterol for slow-growing tumours (HARBOUR-2)",
    p(
        "HARBOUR-2 is a phase II study of lanterol for people whose tumours have grown in the last"
        " year. It compares lanterol with the usual injection. The study is recruiting in three"
        " countries."
    ),
    p(
        "My own specialist told me about it in the spring. I asked her what it would mean for the"
        " people I write for, and this post is what I learnt."
    ),
    h("Who can join"),
    ul(
        "You are at least 18 years old",
        "Your tumour is grade 1 or grade 2",
        "Your last scan is not older than 8 weeks",
        "You have not been treated with a radioactive drug before",
    ),
    h("Where it takes place"),
    table(
        "City | Hospital | Status | Contact",
        "Leeds | Northern Tumour Centre | Recruiting | 0113 496 0101",
        "Lyon | Clinique des Deux Rives | Not yet recruiting | 04 99 12 34 56",
        "Uppsala | Fyris University Hospital | Recruiting | 018 496 02 02",
        "Porto | Hospital da Ribeira | Closed | 22 496 03 03",
    ),
    h("How to find out more"),
    p(
        'The register entry is <a href="https://clinicaltrials.gov/study/NCT01234567">NCT01234567'
        "</a>, and the number in Europe is EudraCT 2018-001234-56. Print it and take it to your"
        " next appointment."
    ),
    p(
        "The study plans to treat 120 patients and to end in June 2027. Results are not expected"
        " before the autumn of that year."
    ),
    p("I will keep this article open for any updates."),
)
TIMELINE = _post(
    "Cabrantinib: a tablet on its long way to patients",
    p(
        "<strong>2nd October 2026.</strong> The European agency has asked the maker for more data"
        " on blood pressure. A decision is expected in February 2027."
    ),
    p(
        "<strong>18th June 2026.</strong> The maker has applied for approval in Europe. The paper"
        " about the main study was published on the same day."
    ),
    Part("hr"),
    p(
        "Cabrantinib is a tablet that is taken once a day. It blocks several signals that tumours"
        " use to grow new blood vessels. In the main study 298 people took either the tablet or a"
        " dummy."
    ),
    h("What the study found"),
    table(
        "Tumour | Without growth on the tablet | Without growth on the dummy",
        "Pancreas | 13.8 months | 4.4 months",
        "Elsewhere | 8.4 months | 3.9 months",
    ),
    h("Side effects"),
    ul(
        "Tiredness, in about half of all people",
        "High blood pressure, which can be treated",
        "Sore hands and feet, for which creams help",
        "Loose stools, on some days more than on others",
    ),
    p(
        "Many people began with 60 mg and went down to 40 mg after some weeks. That is not a sign"
        " that it fails. Tell your nurse early what you feel, for there is nearly always something"
        " that helps."
    ),
    p("I will keep you updated as usual."),
)
DIET = _post(
    "Eating well after bowel surgery",
    p(
        "Food was the last thing on my mind in hospital. At home it became the first, since every"
        " meal had its price. What follows worked for me; it need not work for you."
    ),
    h("The first weeks"),
    p(
        "Small meals were easier than large ones. I ate six times a day and drank between meals,"
        " never with them. White bread, rice and ripe bananas stayed where they belonged."
    ),
    ul(
        "Chew longer than you think you need to",
        "Keep a diary of what you eat and how it went",
        "Add one new food at a time, and wait two days",
        "Ask for a dietitian who knows our disease",
    ),
    h("Enzymes and vitamins"),
    p(
        "If your pancreas does too little, capsules with enzymes help. I take 25,000 units with"
        " every meal. Blood tests for vitamin B12 and vitamin D belong to each visit, at least"
        " every 6 months."
    ),
    table(
        "Food | How it went | My verdict",
        "Porridge | Gentle from the first day | Every morning",
        "Cabbage | Three hours of regret | Never again",
        "Salmon | Fine when steamed | Twice a week",
    ),
    p(
        "There are days when nothing helps, and a hot water bottle and an old film are the best"
        " medicine. Be kind to yourself on those days. Tomorrow is another plate."
    ),
)
SCANS = _post(
    "Which scan is which?",
    p(
        "Letters from the hospital are full of short names for scans. This is my list, which I"
        " made for myself and which other people seem to like."
    ),
    h("Scans that show shape"),
    p(
        "A CT takes five minutes and uses X-rays. You may get a contrast dye, so tell them about"
        " your kidneys. An MRI takes longer and is loud, but there are no rays."
    ),
    h("Scans that show activity"),
    p(
        'The <a href="https://blog.example.org/2024/03/02/gallium/">gallium scan</a> shows tumours'
        " with the right lock on their surface. The drug stays in the body for 68 minutes before"
        " half of it is gone. Drink a lot of water afterwards."
    ),
    table(
        "Scan | Takes | Fasting | Rays",
        "CT | 5 minutes | No | Yes",
        "MRI | 40 minutes | Sometimes | No",
        "Gallium PET | 2 hours | No | Yes",
        "Sugar PET | 2 hours | 6 hours | Yes",
    ),
    p(
        "How often you need one is a matter for your own team. Mine has settled on every 9 months,"
        " and I sleep badly in the week before each of them."
    ),
    p(
        'A hospital near us wrote a good sheet about it: <a href="https://example.net/sheet?utm_so'
        'urce=blog&amp;utm_medium=post">what to bring on the day</a>.'
    ),
)
ROUNDUP = _post(
    "News from the autumn meeting",
    p(
        "I could not be there this year, so I watched the talks at home with a cup of tea. Four of"
        " them stayed with me."
    ),
    ul(
        'Radioactive drugs with a longer reach: <a href="https://example.net/talk/1">the talk'
        "</a> by a team from Uppsala",
        'Treating one side of the liver first: <a href="https://example.net/talk/2">a small study'
        "</a> with 24 people",
        "A blood test that may one day replace a scan, though nobody knows when",
        "What patients want to be asked, told by patients themselves",
    ),
    h("The talk I liked best"),
    p(
        "A nurse from Porto has asked 311 people what they would change. Most of them wanted to be"
        " called back on the same day. She showed that this needs no money, only a list and a"
        " telephone."
    ),
    p(
        "Trials with places for us were shown on a poster: NCT07654321 is open in Spain, and the"
        " study ISRCTN87654321 will begin in January. I have written to both of them."
    ),
    p(
        "The next meeting is in Lyon in March 2027. I will be there with a badge that says patient,"
        " and I hope to see many of you."
    ),
)
DIARY = _post(
    "A diary of the quiet spring",
    p(
        "In these months I stayed at home, as most of us did. I wrote something down whenever there"
        " was something to write."
    ),
    h("19th May 2020"),
    p(
        "The garden centre has opened its gates again. I bought three tomato plants and a bag of"
        " earth, and felt as if I had come back from the moon."
    ),
    h("2nd June 2020"),
    p(
        "My scan was moved by telephone. On 7th December 2017 the same hospital had moved it twice,"
        " so I am an old hand at waiting."
    ),
    h("20th June 2020"),
    p(
        "A letter came: the clinic sees people at the door, with masks, one every 30 minutes. My"
        " neighbour drives me there, with all windows down."
    ),
    p(
        "Published online 28 October 2019, the best paper on our disease and infections is still"
        " worth a read. June 8 2020 was the day I finally understood its table."
    ),
)
STORY = _post(
    "A day at the clinic",
    p(
        "The train leaves at half past six, when the town is still dark. I know the conductor by"
        " now, and he knows where I am going."
    ),
    p(
        "At the clinic they take blood first. The nurse always finds the vein that others miss, and"
        " we talk about her allotment while the tubes fill. She has promised me a marrow."
    ),
    p(
        "Then comes the long wait. I have learnt to bring a book that needs no concentration, a"
        " sandwich, and a jumper for the cold corridor. People who come for the first time look at"
        " the clock; those of us who have been coming for years look at each other."
    ),
    p(
        "The doctor had good news this time. Nothing has grown since last year, and we agreed to"
        " leave things as they are. I have a letter for my family doctor and a date for the next"
        " visit."
    ),
    p(
        "On the way home I buy flowers. It is a small thing, and it has become the part of the day"
        " that I look forward to."
    ),
)
GLOSSARY = _post(
    "Words you will hear, in plain English",
    p("This page grows with your questions. Tell me which word is missing, and I will add it."),
    ul(
        "<strong>Baseline</strong>: how things were before a treatment began",
        "<strong>Biopsy</strong>: a small piece of tissue for the microscope",
        "<strong>Cohort</strong>: a group of people who are followed together",
        "<strong>Endpoint</strong>: what a study measures in order to give its answer",
        "<strong>Placebo</strong>: a dummy that looks like the drug",
    ),
    h("Phases of a study"),
    p(
        "Phase I asks whether a drug is safe and how much of it people bear. Phase II asks whether"
        " it does anything at all. Phase III compares it with what is given today, often with"
        " hundreds of people."
    ),
    p(
        "A study can be closed early, because it works so well or because it does not. It can also"
        " be suspended, which means that nobody new may join until a question is answered."
    ),
)
POSTS = (HARBOUR, TIMELINE, DIET, SCANS, ROUNDUP, DIARY, STORY, GLOSSARY)
