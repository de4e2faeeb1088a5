"""A small WordPress on loopback: feeds, paged feeds, the REST API and pages, as core answers.

What a plugin, a cache or an author may have switched off can be taken out of `honours`. The rules
are those of wp-includes/class-wp.php and of the posts controller of the REST API.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.webserver import Page, Request, WebServer

ALL = frozenset({"rest", "modified_after", "orderby", "modified", "paged", "link", "content"})
"""What can be honoured: the REST API, its `modified_after` and `orderby`; `?orderby=modified` and
`?paged=` of feeds; the Link header; and the text of posts in the REST API."""

_FORM = '<form action="/wp-login.php?action=postpass" class="post-password-form" method="post">'


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post; times are UTC. `status`: `publish`, or `private` (404 to everybody else)."""

    number: int
    slug: str
    title: str
    content: str
    published: datetime
    modified: datetime
    categories: tuple[int, ...] = ()
    password: bool = False
    status: str = "publish"
    link: str = ""
    guid: str = ""


@dataclass(kw_only=True)
class WordPress:
    """The blog; `zone` is how far its local time is from UTC, `per_feed` its window.

    `feed` replaces the plain feed by these bytes; `excerpts` makes feeds show the beginning of the
    text only; `break_pages` lets pages break off without an answer.
    """

    web: WebServer
    posts: Sequence[Post] = ()
    honours: frozenset[str] = ALL
    per_feed: int = 10
    zone: timedelta = timedelta()
    names: dict[int, str] = field(default_factory=dict)
    feed: bytes | None = None
    excerpts: bool = False
    rest_status: int = 404
    break_pages: bool = False
    requests: list[Request] = field(default_factory=list)

    def edit(self, number: int, **changes: Any) -> None:
        """Changes a post."""
        self.posts = [replace(p, **changes) if p.number == number else p for p in self.posts]

    @property
    def origin(self) -> str:
        """Where it is."""
        return self.web.origin

    @property
    def public(self) -> list[Post]:
        """The posts that everybody may see, the latest first."""
        return sorted(
            (post for post in self.posts if post.status == "publish"),
            key=lambda post: (post.published, post.number),
            reverse=True,
        )

    @property
    def last_modified(self) -> str:
        """Of the newest edit of any post."""
        newest = max(post.modified for post in self.public)
        return format_datetime(newest.astimezone(UTC), usegmt=True)

    @property
    def etag(self) -> str:
        """The same for every address."""
        return f'"{hashlib.md5(self.last_modified.encode()).hexdigest()}"'

    def __call__(self, request: Request) -> Page:
        """Answers."""
        self.requests.append(request)
        parts = urlsplit(request.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/wp-json/wp/v2/"):
            return self._rest(parts.path.removeprefix("/wp-json/wp/v2/").rstrip("/"), query)
        if parts.path.rstrip("/") in ("/feed", "/feed/atom"):
            return self._feed(request, query, atom="atom" in parts.path)
        return self._page(parts.path)

    # Feeds

    def _feed(self, request: Request, query: dict[str, str], *, atom: bool) -> Page:
        headers = {"Last-Modified": self.last_modified, "ETag": self.etag}
        if "link" in self.honours:
            headers["Link"] = f'<{self.origin}/wp-json/>; rel="https://api.w.org/"'
        asked = [("if-none-match", self.etag), ("if-modified-since", self.last_modified)]
        given = [(request.headers[name], now) for name, now in asked if name in request.headers]
        if given and all(value == now for value, now in given):
            return Page(status=304, headers=headers)
        kind = "atom" if atom else "rss"
        headers["Content-Type"] = f"application/{kind}+xml; charset=UTF-8"
        plain = not query.keys() & {"paged", "orderby"}
        shown = self._shown(query)
        if shown is None:
            return Page(status=404, headers={"Content-Type": "text/html"}, body=b"<html></html>")
        if self.feed is not None and (plain or shown == self.public[: self.per_feed]):
            return Page(body=self.feed, headers=headers)
        body = self._atom(shown) if atom else self._rss(shown)
        return Page(body=body.encode(), headers=headers)

    def _shown(self, query: dict[str, str]) -> list[Post] | None:
        posts = self.public
        if "modified" in self.honours and query.get("orderby") == "modified":
            posts = sorted(
                posts, key=lambda post: post.modified, reverse=query.get("order") != "asc"
            )
        page = int(query.get("paged", "1")) if "paged" in self.honours else 1
        shown = posts[(page - 1) * self.per_feed : page * self.per_feed]
        return shown if shown or page == 1 else None

    def _text(self, post: Post) -> str:
        if post.password:
            return _FORM + '<input name="post_password" type="password"></form>'
        if self.excerpts:
            return f"<p>{post.content[:60]} [&#8230;]</p>"
        return post.content

    def _atom(self, posts: Iterable[Post]) -> str:
        entries = "".join(
            f'<entry><title type="html"><![CDATA[{_title(post)}]]></title>'
            f'<link rel="alternate" type="text/html" href="{self.link(post)}" />'
            f"<id>{self.guid(post)}</id>"
            f"<updated>{post.modified:%Y-%m-%dT%H:%M:%SZ}</updated>"
            f"<published>{post.published:%Y-%m-%dT%H:%M:%SZ}</published>"
            + "".join(f'<category term="{html.escape(name)}" />' for name in self._names(post))
            + f'<content type="html"><![CDATA[{self._text(post)}]]></content></entry>'
            for post in posts
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            f'<title>A blog</title><link rel="alternate" href="{self.origin}" />'
            '<generator uri="https://wordpress.org/" version="6.8.3">WordPress</generator>'
            f"{entries}</feed>"
        )

    def _rss(self, posts: Iterable[Post]) -> str:
        items = "".join(
            f"<item><title>{html.escape(_title(post))}</title><link>{self.link(post)}</link>"
            f'<guid isPermaLink="false">{self.guid(post)}</guid>'
            f"<pubDate>{format_datetime(post.published)}</pubDate>"
            + "".join(f"<category>{html.escape(name)}</category>" for name in self._names(post))
            + f"<content:encoded><![CDATA[{self._text(post)}]]></content:encoded></item>"
            for post in posts
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>A blog</title><link>{self.origin}</link>"
            f"<generator>https://wordpress.org/?v=6.8.3</generator>{items}</channel></rss>"
        )

    def _names(self, post: Post) -> list[str]:
        return [self.names.get(number, f"Category {number}") for number in post.categories]

    def link(self, post: Post) -> str:
        """The permalink."""
        return post.link or f"{self.origin}/{post.published:%Y/%m/%d}/{post.slug}/"

    def guid(self, post: Post) -> str:
        """The guid."""
        return post.guid or f"{self.origin}/?p={post.number}"

    # REST

    def _rest(self, route: str, query: dict[str, str]) -> Page:
        if "rest" not in self.honours:
            return Page(status=self.rest_status, body=b'{"code":"rest_disabled"}')
        if route in ("categories", "tags"):
            wanted = [int(number) for number in query["include"].split(",")]
            found = [{"id": n, "name": html.escape(self.names.get(n, f"Category {n}"))}
                     for n in wanted if route == "categories"]  # fmt: skip
            return _json(found)
        if route != "posts":
            return Page(status=404, body=b'{"code":"rest_no_route"}')
        posts = self._asked_for(query)
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        pages = -(-len(posts) // size)
        if page > pages and posts:
            return Page(status=400, body=b'{"code":"rest_post_invalid_page_number"}')
        fields = query.get("_fields", "").split(",")
        shown = [self._item(post, fields) for post in posts[(page - 1) * size : page * size]]
        return _json(shown, **{"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)})

    def _asked_for(self, query: dict[str, str]) -> list[Post]:
        posts = self.public
        if "include" in query:
            wanted = {int(number) for number in query["include"].split(",")}
            posts = [post for post in posts if post.number in wanted]
        if "modified_after" in query and "modified_after" in self.honours:
            after = datetime.fromisoformat(query["modified_after"]).replace(tzinfo=UTC)
            posts = [post for post in posts if post.modified + self.zone > after]
        if query.get("orderby") == "modified" and "orderby" in self.honours:
            posts = sorted(
                posts, key=lambda post: post.modified, reverse=query.get("order") != "asc"
            )
        return posts

    def _item(self, post: Post, fields: Sequence[str]) -> dict[str, Any]:
        text = "" if post.password or "content" not in self.honours else post.content
        whole = {
            "id": post.number,
            "date": f"{post.published + self.zone:%Y-%m-%dT%H:%M:%S}",
            "date_gmt": f"{post.published:%Y-%m-%dT%H:%M:%S}",
            "modified": f"{post.modified + self.zone:%Y-%m-%dT%H:%M:%S}",
            "modified_gmt": f"{post.modified:%Y-%m-%dT%H:%M:%S}",
            "guid": {"rendered": html.escape(self.guid(post))},
            "link": self.link(post),
            "slug": post.slug,
            "title": {"rendered": _title(post)},
            "content": {"rendered": text, "protected": post.password},
            "excerpt": {"rendered": "<p>There is no excerpt.</p>", "protected": post.password},
            "categories": list(post.categories),
            "tags": [],
        }
        return {name: value for name, value in whole.items() if name in fields}

    # Pages

    def _page(self, path: str) -> Page:
        if self.break_pages:
            raise ConnectionAbortedError
        for post in self.posts:
            if urlsplit(self.link(post)).path.rstrip("/") == path.rstrip("/"):
                if post.status != "publish":
                    break
                shown = (_FORM + '<input name="post_password" type="password"></form>'
                         if post.password else post.content)  # fmt: skip
                body = f"<!doctype html><title>{_title(post)}</title><main>{shown}</main>"
                return Page(body=body.encode(), headers={"Content-Type": "text/html"})
        return Page(status=404, body=b"<!doctype html><title>Page not found</title>")


def _title(post: Post) -> str:
    title = html.escape(post.title, quote=False).replace("’", "&#8217;").replace("–", "&#8211;")
    return f"Protected: {title}" if post.password else title


def _json(document: object, **headers: str) -> Page:
    return Page(
        body=json.dumps(document).encode(),
        headers={"Content-Type": "application/json; charset=UTF-8", **headers},
    )


def install(web: WebServer, posts: Sequence[Post] = (), **given: Any) -> WordPress:
    """A WordPress that answers whatever the server has no page for."""
    blog = WordPress(web=web, posts=posts, **given)
    web.otherwise = blog
    return blog


def snapshot(path: Path) -> list[Post]:
    """The posts of an answer of the REST API that was kept in a file."""
    return [
        Post(
            number=item["id"],
            slug=item["slug"],
            title=html.unescape(item["title"]["rendered"]).removeprefix("Protected: "),
            content=item["content"]["rendered"],
            published=_utc(item["date_gmt"]),
            modified=_utc(item["modified_gmt"]),
            categories=tuple(item["categories"]),
            password=item["content"].get("protected", False),
            link=item["link"],
            guid=html.unescape(item["guid"]["rendered"]),
        )
        for item in json.loads(path.read_text("utf-8"))
    ]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
