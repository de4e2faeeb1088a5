"""Reads what was fetched as a feed: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.x.

feedparser is given bytes made readable by `encoding`, never the URL, and is not asked to clean or
to resolve links in the text: that is the cleaner's work, and its own changes what it touches.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from email.utils import parseaddr
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import feedparser

from newsletter.feeds import answers, encoding, plain
from newsletter.feeds.dates import read_date
from newsletter.feeds.entries import absolute, number_of, picture, protected
from newsletter.feeds.jsonfeed import parse_json
from newsletter.model.feed import Entry, Fetched, ParsedFeed

_EMPTY_ITEM: Final = re.compile(r"<((?:\w+:)?(?:item|entry))\s*(?:/>|>\s*</\1\s*>)")
_ITEM_EDGE: Final = re.compile(r"<(/?)(?:\w+:)?(?:item|entry)[\s>]")
_POST_ID: Final = re.compile(r"<post-id\s[^>]{0,200}>")
_SUBSTANCE: Final = ("title", "link", "id", "summary", "content")
_PAGE_ROOTS: Final = frozenset(
    {"html", "head", "body", "div", "p", "script", "meta", "title", "center", "h1", "a", "br", "b"}
)
_XML: Final = {"content-type": "application/xml; charset=utf-8"}
_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})


def parse(fetched: Fetched) -> ParsedFeed:
    """The feed in a server's answer, entries in its own order.

    Raises FeedError (`empty`, `html`, `login`, `bot-protection`, `unreadable`) if there is none.
    What was wrong but could be read over is in `notes`.
    """
    if fetched.body is None:
        raise ValueError("an answer without a body (304) has no feed to parse")
    if not fetched.body.strip(b" \t\r\n\x00"):
        raise answers.empty(fetched.url)
    text, notes = encoding.decode(fetched.body, fetched.headers.get("content-type", ""))
    if text.lstrip().startswith(("{", "[")):
        return parse_json(text, url=fetched.url, final_url=fetched.final_url)
    document = encoding.to_document(text)
    if document is None:
        _refuse(fetched, text)
    return _read(fetched, document, notes + document.notes)


def _refuse(fetched: Fetched, text: str) -> NoReturn:
    """Raises what fits a body without a feed."""
    root = encoding.root_name(text)
    page = answers.is_html(text) or (root or "").lower() in _PAGE_ROOTS
    if page or answers.is_bot_page(text, fetched.headers):
        raise answers.page_error(fetched.url, fetched.final_url, text, fetched.headers)
    if root is not None and text.lstrip().startswith("<"):
        raise answers.unreadable(fetched.url, f"it is an XML document of another kind, <{root}>")
    printable = " ".join(text[:200].split())
    if printable.isprintable() and "\ufffd" not in printable:
        raise answers.unreadable(fetched.url, f'it is plain text, "{printable[:60]}"')
    raise answers.unreadable(fetched.url, "it is neither text nor XML")


def _read(fetched: Fetched, document: encoding.Document, notes: tuple[str, ...]) -> ParsedFeed:
    text = _POST_ID.sub(
        "<post-id>", document.text
    )  # its namespace hides the text from a loose read
    result = _feedparser(fetched.url, text)
    if not all(map(_has_substance, result.entries)) and _EMPTY_ITEM.search(text):
        # An empty <item/> inside an item would end it, and the rest of it would be lost.
        result = _feedparser(fetched.url, _EMPTY_ITEM.sub("", text))
        notes += ("empty items were left out",)
    items = [dict(item) for item in result.entries if _has_substance(item)]
    if not items and not document.complete:
        raise answers.cut_short(fetched.url)
    if items and _last_is_cut(document):
        items.pop()
        notes += ("it is cut short; the last entry, not complete, was left out",)
    if result.bozo:
        notes += (_complaint(result.bozo_exception),)
    return _parsed(fetched.final_url, document, dict(result.feed), items, notes)


def _feedparser(url: str, text: str) -> Any:
    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=_XML,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # a foreign parser, on anybody's bytes
        raise answers.unreadable(url, f"the parser gave up ({type(error).__name__})") from error


def _has_substance(item: Any) -> bool:
    raw = dict(item)
    return any(raw.get(key) for key in _SUBSTANCE)


def _last_is_cut(document: encoding.Document) -> bool:
    if document.complete:
        return False
    edges = [found[1] for found in _ITEM_EDGE.finditer(document.text)]
    return bool(edges) and edges[-1] == ""


def _complaint(error: Any) -> str:
    line = getattr(error, "getLineNumber", lambda: None)()
    what = getattr(error, "getMessage", lambda: str(error))()
    return f"not well-formed XML (line {line}: {what})" if line else f"not quite right ({what})"


def _parsed(
    final_url: str,
    document: encoding.Document,
    feed: dict[str, Any],
    items: list[dict[str, Any]],
    notes: tuple[str, ...],
) -> ParsedFeed:
    form = _format(document)
    base = _base(final_url, feed)
    generator = dict(feed.get("generator_detail") or {})
    return ParsedFeed(
        title=_title(feed, form),
        link=absolute(feed.get("link"), base),
        language=(_word(feed.get("language")) or "").replace("_", "-") or None,
        generator=_word(" ".join(filter(None, (feed.get("generator"), generator.get("href"))))),
        format=form,
        entries=tuple(_entry(item, form, base) for item in items),
        notes=tuple(dict.fromkeys(map(plain.storable, notes))),
        next_page=_next_page(feed, base),
    )


def _next_page(feed: dict[str, Any], base: str) -> str | None:
    """Where older entries are: the next page, or the archive before this document (RFC 5005)."""
    links = [dict(link) for link in feed.get("links", ())]
    for rel in ("next", "prev-archive"):
        for link in links:
            if link.get("rel") == rel and (address := absolute(link.get("href"), base)):
                return address
    return None


def _format(document: encoding.Document) -> str:
    attributes = document.attributes.lower()
    if document.root == "feed":
        return "atom0.3" if "purl.org/atom/ns#" in attributes else "atom1.0"
    if document.root == "rdf":
        return "rss0.9x" if "my.netscape.com/rdf" in attributes else "rss1.0"
    return "rss0.9x" if re.search(r"version\s*=\s*[\"']0\.9", attributes) else "rss2.0"


def _base(final_url: str, feed: dict[str, Any]) -> str:
    """What relative links are relative to: the feed's address (RFC 3986 §5.1.3).

    Unless the feed says that it is at home on another host than that it was fetched from, as a
    copy or a proxy has it.
    """
    own = [link.get("href") for link in feed.get("links", ()) if link.get("rel") == "self"]
    for address in (*own, feed.get("link")):
        if address and address.startswith(("http://", "https://")):
            try:
                same = urlsplit(address).netloc == urlsplit(final_url).netloc
            except ValueError:
                continue
            return final_url if same else str(address)
    return final_url


def _title(raw: dict[str, Any], form: str) -> str:
    detail = dict(raw.get("title_detail") or {})
    text = plain.storable(str(raw.get("title") or ""))
    if form.startswith("atom") and detail.get("type") not in _HTML_TYPES:
        return plain.from_text(text)
    return plain.from_html(text)


def _word(value: Any) -> str | None:
    return plain.from_html(plain.storable(value)) or None if isinstance(value, str) else None


def _entry(raw: dict[str, Any], form: str, base: str) -> Entry:
    published, updated = _times(raw, form)
    content, content_base = _content(raw)
    summary = _summary(raw, content)
    title = _title(raw, form)
    name = plain.storable(str(raw.get("id") or "")).strip() or None
    return Entry(
        id=name,
        link=_link(raw, base),
        title=title,
        published=published,
        updated=updated,
        content=content,
        summary=summary,
        author=_author(raw, form),
        categories=_categories(raw.get("tags", ())),
        image=picture(_media(raw), base),
        post_number=number_of(name, raw.get("post-id")),
        base=content_base or (base if _link(raw, base) is None else None),
        protected=protected(title, content, summary),
    )


def _times(raw: dict[str, Any], form: str) -> tuple[Any, Any]:
    """Published and updated.

    RSS has but one date, and `dc:date` (which feedparser calls updated) is it where there is no
    other.
    """
    published = read_date(raw.get("published")) or read_date(raw.get("created"))
    updated = read_date(raw.get("updated"))
    if published is None and form.startswith("rss"):
        return updated, None
    return published, updated


def _link(raw: dict[str, Any], base: str) -> str | None:
    alternates = [dict(link) for link in raw.get("links", ())]
    others = (link.get("href") for link in alternates if link.get("rel") == "alternate")
    for address in (raw.get("link"), *others):
        if link := absolute(address, base):
            return link
    return None


def _content(raw: dict[str, Any]) -> tuple[str, str | None]:
    """The longest text of the entry as HTML, and what its links are relative to."""
    found = [(_html(part), part.get("base")) for part in raw.get("content", ())]
    text, base = max(found, key=lambda pair: len(pair[0]), default=("", None))
    return text, base if base and base.startswith(("http://", "https://")) else None


def _summary(raw: dict[str, Any], content: str) -> str:
    detail = raw.get("summary_detail")  # absent where feedparser copied the content
    summary = _html(detail) if detail else ""
    return "" if summary == content else summary


def _html(part: Any) -> str:
    """A piece of text as HTML. Atom says what it is (RFC 4287 §3.1.1), not always truly."""
    text = plain.repaired(plain.storable(str(part.get("value") or "")))
    if part.get("type") in _HTML_TYPES or plain.looks_like_html(text):
        return plain.unescaped(text)
    return plain.to_html(text) if part.get("type") == "text/plain" else ""


def _author(raw: dict[str, Any], form: str) -> str | None:
    """Names without addresses; RSS has both in one text, misread where a domain ends long."""
    whole = _word(raw.get("author")) or ""
    if form.startswith("rss") and "@" in whole:
        names: list[str | None] = [parseaddr(whole)[0]]
    else:
        names = [_word(dict(person).get("name")) for person in raw.get("authors", ())]
    return ", ".join(dict.fromkeys(name for name in names if name and "@" not in name)) or None


def _categories(tags: Iterable[Any]) -> tuple[str, ...]:
    """Each category once, as people read it; words for a podcast directory are none."""
    named = (_word(tag.get("label") or tag.get("term")) for tag in tags
             if "itunes.com" not in (tag.get("scheme") or ""))  # fmt: skip
    return tuple(dict.fromkeys(name for name in named if name))


def _media(raw: dict[str, Any]) -> list[tuple[str, str]]:
    """Every picture beside the text as (address, kind), the likeliest first."""
    found = [(item.get("url"), item.get("medium") or item.get("type"))
             for item in raw.get("media_content", ())]  # fmt: skip
    found += [(item.get("url"), "image") for item in raw.get("media_thumbnail", ())]
    found += [(link.get("href"), link.get("type"))
              for link in raw.get("links", ()) if link.get("rel") == "enclosure"]  # fmt: skip
    return [(str(url), str(kind or "")) for url, kind in found if url]
