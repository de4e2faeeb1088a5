"""What happens to posts: rules that change one, each with the weight that the change has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from newsletter.model.post import Weight
from tests.changes.posts import Part, Post, h, p, table, ul


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A post before and after. `says` is the sentence it must get, "" where any will do."""

    old: Post
    new: Post
    weight: Weight
    says: str = ""
    quotes: str = ""


Rule = Callable[[Post, Random], Iterator[Edited]]

_TAG = re.compile(r"(<[^>]*>|&[^;\s]+;)")
_WORD = re.compile(r"[^\W\d_]{3,}")
PROMISE = "I will keep "
_NUMBER = re.compile(r"(?<![\d#])\d+(?!\d)")


def _places(post: Post) -> Iterator[tuple[int, int]]:
    """Every line of the post's own text: number of part, number of line.

    Headings are left out, and promises to keep a post up to date, which are standing text.
    """
    for at, part in enumerate(post.parts[: post.own]):
        if part.kind not in ("h2", "h3", "hr") and not part.lines[0].startswith(PROMISE):
            yield from ((at, line) for line in range(part.kind == "table", len(part.lines)))


def _edit(post: Post, place: tuple[int, int], line: str) -> Post:
    at, number = place
    return post.with_part(at, post.parts[at].with_line(number, line))


def _hits(post: Post, pattern: re.Pattern[str]) -> list[tuple[tuple[int, int], int, int]]:
    """Where a pattern stands in the words of a post: place, start and end; never in markup."""
    found = []
    for place in _places(post):
        line = post.parts[place[0]].lines[place[1]]
        at = 0
        for piece in _TAG.split(line):
            if not _TAG.fullmatch(piece):
                found += [
                    (place, at + hit.start(), at + hit.end()) for hit in pattern.finditer(piece)
                ]
            at += len(piece)
    return found


def _replaced(post: Post, hit: tuple[tuple[int, int], int, int], word: str) -> Post:
    place, start, end = hit
    line = post.parts[place[0]].lines[place[1]]
    return _edit(post, place, line[:start] + word + line[end:])


def _word_at(post: Post, hit: tuple[tuple[int, int], int, int]) -> str:
    place, start, end = hit
    return post.parts[place[0]].lines[place[1]][start:end]


# Nothing


def nothing(post: Post, _random: Random) -> Iterator[Edited]:
    """The post as it was, and as it was written by another theme."""
    yield Edited(old=post, new=post, weight=Weight.NONE)


def boilerplate(post: Post, random: Random) -> Iterator[Edited]:
    """Lines that a platform adds, or changes by itself."""
    for line in random.sample(BOILERPLATE, 4):
        at = random.choice((0, post.own, len(post.parts)))
        yield Edited(old=post, new=post.with_more(at, p(line)), weight=Weight.NONE)
    for old, new in COUNTERS:
        more = [post.with_more(len(post.parts), p(line)) for line in (old, new)]
        yield Edited(old=more[0], new=more[1], weight=Weight.NONE)


BOILERPLATE = (
    "Please Share this post",
    "Join 27.4K other subscribers",
    "Join 27.4K subscribers",
    "12 bloggers like this:",
    "Loading…",
    "Share this:",
    "Blog Stats 289,030 hits",
    "340 shares",
    "Advertisement",
    "Like this:",
    "Click to share on Mastodon (opens in a new window)",
    "The post A post appeared first on A blog.",
    "Related posts:",
    "You may also like:",
    "Sign up for my newsletter",
    "Last updated: 14 November 2026",
    "5 min read",
    "© 2026 by the author. All rights reserved.",
    "Thanks for reading",
    "Disclaimer",
    "Follow me on Bluesky",
    "Leave a comment",
    "Any mention of a study or a drug does not constitute an endorsement.",
)
COUNTERS = (
    ("Join 14.2K other subscribers", "Join 27.4K other subscribers"),
    ("Post views: 1,204", "Post views: 1,377"),
)


def typography(post: Post, random: Random) -> Iterator[Edited]:
    """Straight quotes made curly, other dashes and spaces, letters as entities."""
    for straight, curly in (
        ('"{}"', "“{}”"),
        ("'{}'", "‘{}’"),
        ("{} - ", "{} – "),
        ("{}... ", "{}… "),
        ("{}  ", "{}&nbsp;"),
        ("{}'s", "{}&#8217;s"),
    ):
        hit = random.choice(_hits(post, _WORD))
        word = _word_at(post, hit)
        yield Edited(
            old=_replaced(post, hit, straight.format(word)),
            new=_replaced(post, hit, curly.format(word)),
            weight=Weight.NONE,
        )


def markup(post: Post, random: Random) -> Iterator[Edited]:
    """Words in bold, links tracked, pictures in another size, a heading of another level."""
    hit = random.choice(_hits(post, _WORD))
    word = _word_at(post, hit)
    for old, new in (
        (word, f"<strong>{word}</strong>"),
        (
            f'<a href="https://x.example/a">{word}</a>',
            f'<a href="https://x.example/a?utm_source=feed&amp;fbclid=Ab1">{word}</a>',
        ),
        (f'<span class="n-{random.random()}">{word}</span>', f'<span class="n-2">{word}</span>'),
    ):
        yield Edited(
            old=_replaced(post, hit, old), new=_replaced(post, hit, new), weight=Weight.NONE
        )
    picture = '<img src="https://blog.example.org/a.jpg?w={0}" alt="" width="{0}" height="9{0}">'
    sizes = [post.with_more(1, p(picture.format(size))) for size in (300, 620)]
    yield Edited(old=sizes[0], new=sizes[1], weight=Weight.NONE)
    smaller = tuple(replace(x, kind="h3") if x.kind == "h2" else x for x in post.parts)
    yield Edited(old=post, new=replace(post, parts=smaller), weight=Weight.NONE)


def reorder(post: Post, random: Random) -> Iterator[Edited]:
    """Parts, items and rows in another order."""
    first, second = random.sample(range(post.own), 2)
    swapped = post.with_part(first, post.parts[second]).with_part(second, post.parts[first])
    yield Edited(old=post, new=swapped, weight=Weight.NONE)
    own = post.parts[: post.own]
    turned = replace(post, parts=(*own[2:], *own[:2], *post.parts[post.own :]))
    yield Edited(old=post, new=turned, weight=Weight.NONE)
    for at, part in enumerate(own):
        if part.kind in ("ul", "table"):
            head, rest = part.lines[: part.kind == "table"], part.lines[part.kind == "table" :]
            moved = replace(part, lines=(*head, *random.sample(rest, len(rest))))
            yield Edited(old=post, new=post.with_part(at, moved), weight=Weight.NONE)


# Little


def typo(post: Post, random: Random) -> Iterator[Edited]:
    """One slip of a finger in one word, made or mended; not one that gives a telling word."""
    for slip in (_swapped, _dropped, _doubled, _mistyped):
        for _ in range(3):
            hit = random.choice(_hits(post, _WORD))
            word = _word_at(post, hit)
            slipped = slip(word, random)
            wrong = _replaced(post, hit, slipped)
            if wrong == post or slipped in ("no", "not", "two", "six", "ten"):
                continue
            yield Edited(old=wrong, new=post, weight=Weight.MINOR)
            yield Edited(old=post, new=wrong, weight=Weight.MINOR)


def _swapped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _doubled(word: str, random: Random) -> str:
    at = random.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def _mistyped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + random.choice("qwxzjk") + word[at + 1 :]


def rewording(post: Post, random: Random) -> Iterator[Edited]:
    """A word or two in the place of others."""
    for old, new in REWORDINGS:
        hits = _hits(post, re.compile(rf"\b{old}\b"))
        if hits:
            changed = _replaced(post, random.choice(hits), new)
            yield Edited(old=post, new=changed, weight=Weight.MINOR)


REWORDINGS = (
    ("hospital", "clinic"),
    ("people", "patients"),
    ("often", "quite frequently"),
    ("learnt", "found out"),
    ("small", "little"),
    ("the usual", "an ordinary"),
    ("nearly always", "almost every time"),
    ("Tell your nurse", "Let your nurse know"),
    ("look at", "glance at"),
    ("easier", "less trouble"),
    ("worked for me", "did me good"),
)


def taken_out(post: Post, random: Random) -> Iterator[Edited]:
    """A paragraph, an item, a row or a sentence less."""
    prose = [
        at
        for at, part in enumerate(post.parts[: post.own])
        if part.kind == "p" and not part.lines[0].startswith(PROMISE)
    ]
    yield Edited(old=post, new=post.without(random.choice(prose)), weight=Weight.MINOR)
    for at, part in enumerate(post.parts[: post.own]):
        if part.kind in ("ul", "table"):
            gone = random.randrange(1, len(part.lines))
            fewer = replace(part, lines=(*part.lines[:gone], *part.lines[gone + 1 :]))
            yield Edited(old=post, new=post.with_part(at, fewer), weight=Weight.MINOR)
        elif part.kind == "p" and part.lines[0].count(". ") > 1 and "<" not in part.lines[0]:
            rest = part.lines[0].partition(". ")[2]
            yield Edited(old=post, new=post.with_part(at, p(rest)), weight=Weight.MINOR)


def re_dated(post: Post, _random: Random) -> Iterator[Edited]:
    """The same text under another date and permalink, perhaps with a small correction."""
    yield Edited(old=post, new=post, weight=Weight.NONE)
    old = post.with_more(1, p("They were treated with an alpha emitter (²¹²Pb) that day."))
    new = post.with_more(1, p("They were treated with an alpha emitter (e.g. ²¹²Pb) that day."))
    yield Edited(old=old, new=new, weight=Weight.MINOR)


def title_respelt(post: Post, random: Random) -> Iterator[Edited]:
    """A slip in the title, other quotation marks, another case."""
    hit = random.choice(list(re.finditer(r"[^\W\d_]{5,}", post.title)))
    wrong = post.title[: hit.start()] + _swapped(hit[0], random) + post.title[hit.end() :]
    for title in (wrong, post.title.upper(), f"{post.title}!"):
        if title != post.title:
            yield Edited(old=replace(post, title=title), new=post, weight=Weight.MINOR)


# News


def title_changed(post: Post, _random: Random) -> Iterator[Edited]:
    """Another title."""
    for title in (f"{post.title}: important update", "Everything about it in one place"):
        yield Edited(
            old=post,
            new=replace(post, title=title),
            weight=Weight.MAJOR,
            says=f"The title changed from “{post.title}” to “{title}”",
        )


def status(post: Post, random: Random) -> Iterator[Edited]:
    """A word that turns what a patient should do."""
    for old, new in STATUS:
        hits = _hits(post, re.compile(old))
        if hits:
            yield Edited(
                old=post, new=_replaced(post, random.choice(hits), new), weight=Weight.MAJOR
            )
            yield Edited(
                old=_replaced(post, random.choice(hits), new), new=post, weight=Weight.MAJOR
            )
    statement = "The study that I wrote about is {} in our country at the moment."
    for old, new in STATES:
        pair = [post.with_more(1, p(statement.format(word))) for word in (old, new)]
        yield Edited(old=pair[0], new=pair[1], weight=Weight.MAJOR, quotes=statement.format(new))


STATUS = (
    ("is recruiting in", "is no longer recruiting in"),
    ("Not yet recruiting", "Recruiting"),
    (r"(?<=\| )Recruiting", "Closed"),
    ("has applied for approval", "has been refused approval"),
    ("is open in", "is closed in"),
    ("be suspended", "be terminated"),
    ("are not expected", "are expected"),
    ("need not", "may well"),
    ("is a tablet", "is not a tablet"),
    (r"\bis\b(?= (?:a|the|loud|dark|safe))", "is not"),
    ("has opened its gates", "has closed its gates"),
)
STATES = (
    ("recruiting", "not recruiting"),
    ("recruiting", "completed"),
    ("not yet recruiting", "recruiting"),
    ("ongoing", "terminated"),
    ("suspended", "recruiting again"),
    ("available", "unavailable"),
    ("safe", "unsafe"),
    ("effective", "ineffective"),
    ("open", "closed"),
    ("active", "withdrawn"),
    ("expected to open", "open"),
    ("not yet open", "not open"),
    ("on hold", "running"),
    ("due to close soon", "due to close"),
)


def number(post: Post, random: Random) -> Iterator[Edited]:
    """Another number, in digits or spelt out, another month, another measure."""
    hits = _hits(post, _NUMBER)
    for hit in random.sample(hits, min(5, len(hits))):
        word = _word_at(post, hit)
        more = str(int(word) + 1).zfill(len(word))
        yield Edited(old=post, new=_replaced(post, hit, more), weight=Weight.MAJOR)
    line = "In the second part {} will be seen every {} until {}, somewhere near {}."
    usual = ("three people", "12 weeks", "June", "Leeds")
    for at, other in ((0, "five people"), (1, "12 months"), (1, "16 weeks"), (2, "December")):
        words = [*usual]
        words[at] = other
        old, new = (post.with_more(2, p(line.format(*some))) for some in (usual, words))
        yield Edited(old=old, new=new, weight=Weight.MAJOR, quotes=line.format(*words))
    phases = [post.with_more(2, p(f"It is a phase {n} study of the drug.")) for n in ("II", "III")]
    yield Edited(old=phases[0], new=phases[1], weight=Weight.MAJOR)


def register_id(post: Post, _random: Random) -> Iterator[Edited]:
    """The number of a study put in, or another one."""
    line = "Its entry in the register is {}, as far as I know."
    numbers = ("NCT04444444", "NCT05555555", "ISRCTN11112222", "2019-000001-11")
    lines = [post.with_more(1, p(line.format(one))) for one in numbers]
    for old, new in zip([post.with_more(1, p(line.format("secret"))), *lines], lines, strict=False):
        yield Edited(old=old, new=new, weight=Weight.MAJOR)


def row(post: Post, random: Random) -> Iterator[Edited]:
    """A table's row more, or another word of status or number in one."""
    for at, part in enumerate(post.parts[: post.own]):
        if part.kind != "table":
            continue
        width = part.lines[0].count("|")
        new = " | ".join(["Krakow", "Closed", *["12 places", "Monday"][: width - 1]])
        place = random.randrange(2, len(part.lines))
        longer = replace(part, lines=(*part.lines[:place], new, *part.lines[place:]))
        yield Edited(old=post, new=post.with_part(at, longer), weight=Weight.MAJOR)
    sites = ("Site | Status | Places", "Krakow | Open | 12", "Turin | Open | 8")
    old = post.with_more(post.own, h("Sites"), table(*sites))
    for line, quoted in (
        ("Genoa | Open | 8", "Site: Genoa; Status: Open; Places: 8"),
        ("Turin | Closed | 8", "Site: Turin; Status: Closed; Places: 8"),
        ("Turin | Open | 9", "Site: Turin; Status: Open; Places: 9"),
    ):
        new_part = table(*sites[:2], line)
        yield Edited(
            old=old,
            new=post.with_more(post.own, h("Sites"), new_part),
            weight=Weight.MAJOR,
            says="One table row changed under “Sites”",
            quotes=quoted,
        )


def paragraph(post: Post, random: Random) -> Iterator[Edited]:
    """A paragraph or an item more, a part under a heading of its own, a sentence more."""
    for text in PARAGRAPHS:
        at = random.randrange(post.own + 1)
        more = post.with_more(at, p(text))
        yield Edited(old=post, new=more, weight=Weight.MAJOR, quotes=text.partition(". ")[0])
    new = (h("What came after"), *map(p, PARAGRAPHS[:2]))
    yield Edited(
        old=post,
        new=post.with_more(post.own, *new),
        weight=Weight.MAJOR,
        says="Two paragraphs added under “What came after”",
        quotes=PARAGRAPHS[0].partition(". ")[0],
    )
    for at, part in enumerate(post.parts[: post.own]):
        if part.kind == "ul":
            longer = ul(*part.lines, "Somebody to go with you on the way there")
            yield Edited(
                old=post,
                new=post.with_part(at, longer),
                weight=Weight.MAJOR,
                quotes="Somebody to go with you",
            )
    at = next(at for at, part in enumerate(post.parts) if part.kind == "p")
    told = "Since the summer there is also a telephone line for families, open to all of us."
    grown = post.with_part(at, p(f"{post.parts[at].lines[0]} {told}"))
    yield Edited(old=post, new=grown, weight=Weight.MAJOR, quotes=told)


PARAGRAPHS = (
    "The team has moved to a new building beside the river. Follow the yellow line on the floor.",
    "A reader wrote that the capsules can be opened and stirred into apple sauce. It works well.",
    "PARIS, FRANCE, 24 July 2025 - the maker of the drug told investors what we knew already.",
    "On 7th December 2025 the committee met again, and decided to look at the figures once more.",
)


def dated_section(post: Post, random: Random) -> Iterator[Edited]:
    """A dated section in one of many styles, on top, or below the text."""
    for number, style in enumerate(STYLES):
        body = SECTIONS[number % len(SECTIONS)]
        below = number % 3 == 2
        at = post.own if below else 0
        parts = style(body)
        rule = () if below else (Part("hr"),)
        yield Edited(
            old=post,
            new=post.with_more(at, *parts, *rule),
            weight=Weight.MAJOR,
            says="New section of 14 November 2026",
            quotes=body.partition(". ")[0],
        )
    before = (p("<strong>2nd November 2026.</strong> The clinic has a new number."), Part("hr"))
    earlier = post.with_more(0, *before)
    style = random.choice(STYLES)
    yield Edited(
        old=earlier,
        new=earlier.with_more(0, *style(SECTIONS[0])),
        weight=Weight.MAJOR,
        says="New section of 14 November 2026",
        quotes=SECTIONS[0].partition(". ")[0],
    )


SECTIONS = (
    "The study has stopped taking new patients. Those who are in it go on as planned.",
    "Good news from the agency today. The tablet may now be given in our country as well.",
    "I have spoken to the nurse again. She says that the waiting list has become shorter.",
)


def _led(opening: str) -> Callable[[str], tuple[Part, ...]]:
    return lambda body: (p(opening.format(body)),)


def _headed(heading: Part) -> Callable[[str], tuple[Part, ...]]:
    return lambda body: (heading, p(body))


STYLES: tuple[Callable[[str], tuple[Part, ...]], ...] = (
    _headed(h("Update 14 Nov 2026")),
    _headed(h("14th November 2026")),
    _headed(Part("h3", ("Update: Saturday, 14 November 2026",))),
    _headed(p("<strong>UPDATE (14 November 2026)</strong>")),
    _led("<strong>14th November 2026.</strong> {}"),
    _led("Update - 14th November 2026. {}"),
    _led("UPDATE - Nov 14th, 2026 - {}"),
    _led("November 14, 2026: {}"),
    _led("[Updated 14 November 2026] {}"),
    _led("Update 2026-11-14: {}"),
    _led("Update 14/11/2026: {}"),
    _led("Saturday 14 November 2026 – {}"),
    _led("<em>Latest update, 14th of November 2026:</em> {}"),
    _led("14 November 2026 update: {}"),
    _led("As at 14 Nov 2026: {}"),
    lambda body: (ul(f"14 Nov 2026: {body}"),),
    lambda body: (h("Update 14 Nov 2026"), *map(p, body.split(". ", 1))),
)

# Together


def with_boilerplate(post: Post, random: Random) -> Iterator[Edited]:
    """A change of each weight, with boilerplate put in at the same time."""
    for rule in (nothing, typo, status, dated_section):
        edited = random.choice([*rule(post, random)])
        line = random.choice(BOILERPLATE)
        at = random.choice((0, len(edited.new.parts)))
        yield replace(edited, new=edited.new.with_more(at, p(line)))


RULES: dict[str, Rule] = {
    "unchanged": nothing,
    "boilerplate": boilerplate,
    "typography": typography,
    "markup": markup,
    "reorder": reorder,
    "re-dated": re_dated,
    "typo": typo,
    "rewording": rewording,
    "taken out": taken_out,
    "title respelt": title_respelt,
    "title changed": title_changed,
    "status": status,
    "number": number,
    "register id": register_id,
    "table row": row,
    "new paragraph": paragraph,
    "dated section": dated_section,
    "with boilerplate": with_boilerplate,
}
