"""Reading feeds of every format, well-formed and not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.errors import FeedError
from newsletter.feeds.answers import KINDS
from newsletter.feeds.parse import parse
from newsletter.model.feed import Entry, Fetched, ParsedFeed

URL = "https://blog.example/feed/"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
)


def read(body: str | bytes, content_type: str = "", *, url: str = URL) -> ParsedFeed:
    raw = body.encode() if isinstance(body, str) else body
    headers = {"content-type": content_type} if content_type else {}
    return parse(Fetched(url=URL, final_url=url, http_status=200, body=raw, headers=headers))


def rss(items: str, channel: str = "") -> str:
    return (
        f'<rss version="2.0" {NAMESPACES}><channel><title>Blog</title>{channel}{items}'
        "</channel></rss>"
    )


def atom(entries: str, feed: str = "", attributes: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Blog</title>{feed}'
        f"{entries}</feed>"
    )


def rdf(attributes: str) -> str:
    return (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {attributes}>'
        "<item><title>T</title></item></rdf:RDF>"
    )


def one(body: str | bytes, content_type: str = "") -> Entry:
    (entry,) = read(body, content_type).entries
    return entry


def strings(value: Any) -> Iterator[str]:
    """Every text in a structure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def can_be_stored(text: str) -> bool:
    """PostgreSQL takes no NUL, and no database half a character."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def refused(body: str | bytes, *, url: str = URL) -> FeedError:
    with pytest.raises(FeedError) as caught:
        read(body, url=url)
    assert caught.value.kind in KINDS
    assert caught.value.mend
    return caught.value


# --- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "form"), [
    (rss("<item><title>T</title></item>"), "rss2.0"),
    ('<rss version="0.91"><channel><item><title>T</title></item></channel></rss>', "rss0.9x"),
    ('<rss version="0.92"><channel><item><title>T</title></item></channel></rss>', "rss0.9x"),
    (rdf('xmlns="http://my.netscape.com/rdf/simple/0.9/"'), "rss0.9x"),
    (rdf('xmlns:atom="http://www.w3.org/2005/Atom" xmlns="http://purl.org/rss/1.0/"'), "rss1.0"),
    ('<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>T</title></entry></feed>',
     "atom0.3"),
    (atom("<entry><title>T</title></entry>"), "atom1.0"),
    (("<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>T</a:title></a:entry>"
      "</a:feed>"), "atom1.0"),
    ("<channel><title>no rss around it</title><item><title>T</title></item></channel>", "rss2.0"),
    ('{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "T"}]}',
     "json1"),
])  # fmt: skip
def test_every_format_gives_the_same_entry(body: str, form: str) -> None:
    feed = read(body)
    assert feed.format == form
    assert [entry.title for entry in feed.entries] == ["T"]


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(rss("")).entries == ()
    assert read(atom("")).title == "Blog"


def test_what_the_feed_says_of_itself_is_kept() -> None:
    feed = read(rss("", "<link>https://blog.example</link><language>en_GB</language>"
                        "<generator>https://wordpress.org/?v=6.8.3</generator>"))  # fmt: skip
    assert feed.link == "https://blog.example"
    assert feed.language == "en-GB"
    assert feed.generator == "https://wordpress.org/?v=6.8.3"


# --- identity and links --------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "number"), [
    ('<guid isPermaLink="false">https://blog.example/?p=17905</guid>', 17905),
    ('<guid isPermaLink="false">https://blog.example/?post_type=trial&#038;p=12</guid>', 12),
    ('<guid>x</guid><post-id xmlns="com-wordpress:feed-additions:1">31021</post-id>', 31021),
    ("<guid>https://blog.example/2026/11/06/slug/</guid>", None),
    ("<guid>https://blog.example/?page=3</guid>", None),
    ("<guid>https://blog.example/?p=99999999999999999999</guid>", None),
])  # fmt: skip
@pytest.mark.parametrize("flaw", ["", "<description>broken & read over</description>"])
def test_wordpress_number_of_a_post_is_found(item: str, number: int | None, flaw: str) -> None:
    assert one(rss(f"<item><title>T</title>{item}{flaw}</item>")).post_number == number


def test_an_id_is_kept_as_it_stands() -> None:
    assert one(rss("<item><guid>4711</guid></item>")).id == "4711"
    assert one(atom("<entry><id>urn:x:Y</id></entry>")).id == "urn:x:Y"
    assert one(rss("<item><title>none</title></item>")).id is None


def test_a_permanent_guid_is_the_link_where_there_is_none() -> None:
    link = "https://blog.example/a/"
    assert one(rss(f"<item><guid>{link}</guid></item>")).link == link
    assert one(rss(f'<item><guid isPermaLink="false">{link}</guid></item>')).link is None


@pytest.mark.parametrize(("channel", "base"), [
    ("", "https://blog.example/feed/a"),
    ("<link>https://blog.example/</link>", "https://blog.example/feed/a"),
    ("<link>https://home.example/blog/</link>", "https://home.example/blog/a"),
    ("<link>/relative/</link>", "https://blog.example/feed/a"),
])  # fmt: skip
def test_relative_links_become_absolute_by_the_feeds_home(channel: str, base: str) -> None:
    item = "<item><title>T</title><link>a</link></item>"
    assert one(rss(item, channel)).link == base


def test_xml_base_goes_before_everything_else() -> None:
    entry = one(atom(
        '<entry><title>T</title><link href="a"/><content type="html" xml:base="text/">x</content>'
        "</entry>", attributes='xml:base="https://base.example/b/"'))  # fmt: skip
    assert entry.link == "https://base.example/b/a"
    assert entry.base == "https://base.example/b/text/"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example",
                                  "http://[::1", "  "])  # fmt: skip
def test_a_link_a_browser_should_not_open_is_none(link: str) -> None:
    assert one(rss(f"<item><title>T</title><link>{link}</link></item>")).link is None


def test_entries_without_guid_and_with_one_link_stay_apart() -> None:
    item = "<item><title>{}</title><link>https://blog.example</link></item>"
    feed = read(rss(item.format("One") + item.format("Two")))
    assert [(entry.id, entry.title) for entry in feed.entries] == [(None, "One"), (None, "Two")]


# --- titles, texts, people -----------------------------------------------------------------------


@pytest.mark.parametrize(("title", "text"), [
    ("<title>5 &lt; 6 &amp; more</title>", "5 < 6 & more"),
    ("<title><![CDATA[News &#8211; today]]></title>", "News – today"),
    ("<title>It&amp;#8217;s</title>", "It’s"),
    ("<title>&lt;b&gt;Bold&lt;/b&gt; claim</title>", "Bold claim"),
    ("<title/>", ""),
])  # fmt: skip
def test_a_title_of_rss_is_plain_text(title: str, text: str) -> None:
    assert one(rss(f"<item>{title}<guid>1</guid></item>")).title == text


@pytest.mark.parametrize(("title", "text"), [
    ("<title>The &lt;b> element, 5 &lt; 6</title>", "The <b> element, 5 < 6"),
    ('<title type="html">A &lt;em>new&lt;/em> &amp;amp; good</title>', "A new & good"),
    (('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">5 &lt; 6 <b>x</b> &amp;c'
      "</div></title>"), "5 < 6 x &c"),
])  # fmt: skip
def test_a_title_of_atom_is_what_its_type_says(title: str, text: str) -> None:
    assert one(atom(f"<entry><id>1</id>{title}</entry>")).title == text


def test_full_content_is_told_from_the_summary() -> None:
    item = "<item><description>Short.</description><content:encoded><![CDATA[<p>Long &amp; good</p>]]></content:encoded></item>"  # noqa: E501
    entry = one(rss(item))
    assert (entry.content, entry.summary) == ("<p>Long &amp; good</p>", "Short.")
    turned = one(rss("<item><content:encoded>&lt;p>L&lt;/p></content:encoded>"
                     "<description>S</description></item>"))  # fmt: skip
    assert (turned.content, turned.summary) == ("<p>L</p>", "S")


def test_content_is_not_rewritten_on_the_way() -> None:
    raw = '<p CLASS=x>a<br>b &lt; c <img src="/rel.png"><script>1</script></p>'
    assert one(rss(f"<item><content:encoded><![CDATA[{raw}]]></content:encoded></item>")
               ).content == raw  # fmt: skip


def test_plain_text_of_atom_is_escaped_and_so_is_its_summary() -> None:
    entry = one(atom("<entry><id>1</id><summary>p &lt; 0.05</summary>"
                     "<content>a &lt; b\n\nc</content></entry>"))  # fmt: skip
    assert entry.summary == "<p>p &lt; 0.05</p>"
    assert entry.content == "<p>a &lt; b</p>\n<p>c</p>"


def test_html_that_calls_itself_plain_is_html() -> None:
    entry = one(atom("<entry><id>1</id><content>&lt;p>a&lt;/p></content></entry>"))
    assert entry.content == "<p>a</p>"


def test_xhtml_content_keeps_its_markup() -> None:
    entry = one(atom('<entry><id>1</id><content type="xhtml"><div xmlns="http://www.w3.org/1999/'
                     'xhtml"><p>a <b>b</b> &lt; c</p></div></content></entry>'))  # fmt: skip
    assert entry.content == "<p>a <b>b</b> &lt; c</p>"


def test_authors_are_names_not_addresses() -> None:
    assert one(rss("<item><title>T</title><dc:creator>Ann &amp; Co</dc:creator></item>")
               ).author == "Ann & Co"  # fmt: skip
    assert one(rss("<item><title>T</title><author>a@b.example (Ann)</author></item>")
               ).author == "Ann"  # fmt: skip
    assert one(rss("<item><title>T</title><author>a@b.example</author></item>")).author is None
    two = "<author><name>A</name></author><author><name>B</name><email>b@x.example</email></author>"
    assert one(atom(f"<entry><id>1</id>{two}</entry>")).author == "A, B"


def test_categories_are_labels_once_each_in_order() -> None:
    entry = one(rss("<item><title>T</title><category>Clinical &amp; Trials</category>"
                    "<category>B</category><category>B</category></item>"))  # fmt: skip
    assert entry.categories == ("Clinical & Trials", "B")
    labelled = one(atom('<entry><id>1</id><category term="c1" label="Trials"/></entry>'))
    assert labelled.categories == ("Trials",)


def test_the_picture_is_not_the_authors_face() -> None:
    media = ('<media:content url="https://2.gravatar.com/avatar/x?s=96" medium="image"/>'
             '<media:content url="https://blog.example/a.mp4" type="video/mp4"/>'
             '<media:content url="/scan.jpg" medium="image"/>')  # fmt: skip
    assert one(rss(f"<item><title>T</title>{media}</item>")).image == (
        "https://blog.example/scan.jpg"
    )
    sound = '<enclosure url="https://blog.example/a.mp3" type="audio/mpeg"/>'
    assert one(rss(f"<item><title>T</title>{sound}</item>")).image is None


@pytest.mark.parametrize("form", [
    '<form action="https://b.example/wp-login.php?action=postpass" class="post-password-form">',
    "<form method=post class='x post-password-form y'>",
])  # fmt: skip
def test_a_post_behind_a_password_is_known_by_its_form(form: str) -> None:
    text = f"<content:encoded><![CDATA[{form}<input></form>]]></content:encoded>"
    assert one(rss(f"<item><title>Geschützt: x</title>{text}</item>")).protected
    open_post = "<title>Protected: forests</title><description>a post-password-form</description>"
    assert not one(rss(f"<item>{open_post}</item>")).protected


def test_a_post_behind_a_password_is_known_in_a_feed_of_excerpts() -> None:
    item = "<item><title>Protected: notes</title><description>{}</description></item>"
    assert one(rss(item.format("No excerpt, as this is a protected post."))).protected
    assert not one(rss(item.format("How forests are kept."))).protected


# --- dates ---------------------------------------------------------------------------------------


def test_rss_has_one_date_and_dc_date_stands_in() -> None:
    moment = datetime(2026, 11, 6, 10, tzinfo=UTC)
    pub = "<pubDate>Fri, 06 Nov 2026 10:00:00 +0000</pubDate>"
    entry = one(rss(f"<item><title>T</title>{pub}</item>"))
    assert (entry.published, entry.updated) == (moment, None)
    entry = one(rss("<item><title>T</title><dc:date>2026-11-06T11:00:00+01:00</dc:date></item>"))
    assert (entry.published, entry.updated) == (moment, None)


def test_atom_tells_published_from_updated() -> None:
    entry = one(atom("<entry><id>1</id><published>2026-11-06T10:00:00Z</published>"
                     "<updated>2026-11-08T10:00:00Z</updated></entry>"))  # fmt: skip
    assert (entry.published, entry.updated) == (
        datetime(2026, 11, 6, 10, tzinfo=UTC), datetime(2026, 11, 8, 10, tzinfo=UTC),
    )  # fmt: skip
    only = one(atom("<entry><id>1</id><updated>2026-11-08T10:00:00Z</updated></entry>"))
    assert only.published is None


def test_a_future_date_is_kept_and_a_senseless_one_is_none() -> None:
    future = one(rss("<item><title>T</title><pubDate>09 Feb 2106 23:59 GMT</pubDate></item>"))
    assert future.published == datetime(2106, 2, 9, 23, 59, tzinfo=UTC)
    assert one(rss("<item><title>T</title><pubDate>soon</pubDate></item>")).published is None


# --- what is wrong but can be read over ----------------------------------------------------------


@pytest.mark.parametrize(("body", "note"), [
    ("\n \n<?xml version='1.0'?>" + rss("<item><title>T</title></item>"), "declaration"),
    ("Warning: x on line 3\n<?xml version='1.0'?>" + rss("<item><title>T</title></item>"),
     "before the feed"),
    (rss("<item><title>T</title><category>a & b &nbsp;</category></item>"), "not well-formed"),
    (rss("<item><title>T</title><foo:bar>undeclared</foo:bar></item>"), "not well-formed"),
    (rss("<item><title>T\x0b</title></item>"), "does not allow"),
    (rss("<item/><item><title>T</title></item>"), "empty items"),
    (rss("<item><item/><title>T</title></item>"), "empty items"),
    (rss("<item><title>T</title></item>").replace("</channel></rss>", ""), "not well-formed"),
    ("<html xmlns='http://www.w3.org/1999/xhtml'><body>" + atom("<entry><title>T</title></entry>")
     + "</body></html>", "wrapped"),
    ('{"items": [{"title": "T"}]}', "which version"),
    ('{"version": "https://jsonfeed.org/version/1.1", "items": [{}, 3, {"title": "T"}]}',
     "empty items"),
])  # fmt: skip
def test_a_malformed_but_readable_feed_is_read_and_noted(body: str, note: str) -> None:
    feed = read(body)
    assert [entry.title for entry in feed.entries] == ["T"]
    assert note in " / ".join(feed.notes)


def test_a_well_formed_feed_has_nothing_to_note() -> None:
    body = "<?xml version='1.0' encoding='UTF-8'?>\n" + rss("<item><title>T</title></item>")
    assert read(body, "application/rss+xml; charset=UTF-8").notes == ()
    assert read(body, "text/html").notes == ()


def test_the_last_entry_of_a_feed_cut_short_is_left_out() -> None:
    """Half a post would look like a change of it."""
    whole = rss("<item><title>One</title></item><item><title>Two</title><description>long text"
                "</description></item>")  # fmt: skip
    for cut in ("</description>", "text", "<description>"):
        feed = read(whole[: whole.index(cut)])
        assert [entry.title for entry in feed.entries] == ["One"]
        assert "cut short" in " / ".join(feed.notes)


@pytest.mark.parametrize(("codec", "declared", "header"), [
    ("utf-8", "utf-8", ""), ("utf-8", "", ""), ("utf-8", "", "iso-8859-1"),
    ("utf-8", "utf-8", "iso-8859-1"), ("utf-8", "iso-8859-1", "utf-8"),
    ("iso-8859-1", "iso-8859-1", ""), ("iso-8859-1", "iso-8859-1", "utf-8"),
    ("iso-8859-1", "", "iso-8859-1"), ("iso-8859-1", "utf-8", ""), ("iso-8859-1", "", ""),
    ("cp1252", "iso-8859-1", ""), ("utf-8-sig", "utf-8", "us-ascii"), ("utf-16", "utf-16", ""),
    ("utf-16-le", "utf-16", "utf-8"), ("utf-32", "utf-32", ""),
    ("utf-8", "nonsense", "base64"), ("utf-8", "utf-8", "x; rot13"),
    ("utf-8", "unicode_escape", "idna"),
])  # fmt: skip
def test_whatever_is_said_of_the_encoding_the_text_is_right(
    codec: str, declared: str, header: str
) -> None:
    declaration = (
        f"<?xml version='1.0' encoding='{declared}'?>" if declared else "<?xml version='1.0'?>"
    )
    title = "Zürich – ça va" if codec in ("cp1252", "utf-8", "utf-16") else "Zürich, ça va"
    body = (declaration + rss(f"<item><title>{title}</title></item>")).encode(codec)
    kind = f"text/xml; charset={header}" if header else "text/xml"
    assert one(body, kind).title == title


def test_one_broken_character_does_not_spoil_the_others() -> None:
    body = (
        rss("<item><title>Zürich, Köln, Łódź, x</title></item>").encode().replace(b"x<", b"\xff<")
    )
    feed = read(body)
    assert feed.entries[0].title == "Zürich, Köln, Łódź, \ufffd"
    assert "damaged" in " / ".join(feed.notes)


def test_what_no_database_takes_is_gone_everywhere() -> None:
    bad = "x\ud800\x00"
    item = {"id": bad, "title": bad, "content_html": bad, "url": f"https://b.example/{bad}",
            "tags": [bad], "author": {"name": bad}}  # fmt: skip
    feeds = [
        read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})),
        read(rss("<item><title>t&#xD800;&#0;</title><guid>a&#xD800;&#0;</guid>"
                 "<category>&#xDC00;</category><description>&#xD800; & x</description></item>")),
    ]  # fmt: skip
    for feed in feeds:
        assert len(feed.entries) == 1
        assert all(map(can_be_stored, strings(asdict(feed))))


# --- what is no feed -----------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "kind"), [
    ("", "empty"),
    (" \n\x00", "empty"),
    ("<!DOCTYPE html><html><title>My blog</title></html>", "html"),
    ("<!-- cached --><html><body>x</body></html>", "html"),
    ("<div>Fatal error</div>", "html"),
    ("<html><title>Log In &lsaquo; Blog</title><form><input type='password'></form></html>",
     "login"),
    ("<html><title>Blog</title><form><input type='password'></form></html>", "html"),
    ("<!DOCTYPE html><html><title>Just a moment...</title></html>", "bot-protection"),
    ("<html><script src='/cdn-cgi/challenge-platform/x.js'></script></html>", "bot-protection"),
    ("<html><body>captcha-delivery.com</body></html>", "bot-protection"),
    ("<?xml version='1.0'?><urlset/>", "unreadable"),
    ("<opml version='2.0'><body/></opml>", "unreadable"),
    ('{"code": "rest_no_route"}', "unreadable"),
    ("[]", "unreadable"),
    ('{"items": [', "unreadable"),
    ("[" * 100_000, "unreadable"),
    ('{"items": ' + "9" * 5000 + "}", "unreadable"),
    ("Access denied", "unreadable"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "unreadable"),
    ("<html><body>we have an <rss> feed</body></html>", "html"),
])  # fmt: skip
def test_what_is_no_feed_is_called_by_its_name(body: str | bytes, kind: str) -> None:
    assert refused(body).kind == kind


def test_a_redirect_to_the_login_page_is_a_login() -> None:
    error = refused("<html>x</html>", url="https://blog.example/wp-login.php?redirect_to=feed")
    assert error.kind == "login"


def test_the_message_says_what_was_found_instead() -> None:
    assert '"My blog"' in refused("<html><title> My\nblog </title></html>").message
    assert "<urlset>" in refused("<urlset/>").message
    assert "Access denied" in refused("Access denied").message


def test_an_answer_that_says_not_modified_is_not_to_be_parsed() -> None:
    with pytest.raises(ValueError, match="304"):
        parse(Fetched(url=URL, final_url=URL, http_status=304, not_modified=True))


# --- hostile input -------------------------------------------------------------------------------


def test_entities_that_multiply_are_not_expanded() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]>' + rss(
        "<item><title>T &l9;</title></item>"
    )
    feed = read(body)
    assert len(feed.entries[0].title) < 1000


def test_no_file_is_read_for_a_feed() -> None:
    body = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + rss(
        "<item><title>T[&x;]</title></item>"
    )
    assert "[" in read(body).entries[0].title
    assert "/" not in read(body).entries[0].title
    assert refused(b"/etc/hostname").kind == "unreadable"


@pytest.mark.parametrize("body", ["<rss>" + "<a>" * 20_000, "<rss><item><title>" + "<" * 20_000,
                                  "<rss>" + "<!--" * 20_000, "<feed>" + "&" * 50_000,
                                  "<rss " + "a=" * 20_000, "<rss><item>" + "<![CDATA[" * 5_000,
                                  "<!--" * 20_000, "<title>" * 20_000, "<input " * 20_000,
                                  "<rss><item " * 5_000])  # fmt: skip
def test_deep_and_endless_markup_is_read_or_refused(body: str) -> None:
    try:
        read(body)
    except FeedError as error:
        assert error.kind in KINDS  # noqa: PT017


PIECES = st.sampled_from([
    b"<rss version='2.0'>", b"<channel>", b"<item>", b"</item>", b"<item/>", b"<title>",
    b"</title>", b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"</entry>",
    b"<content type='xhtml'>", b"&#0;",
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE x [", b"&#xD800;", b"&amp;", b"&nbsp;", b"&",
    b"<pubDate>Fri, 06 Nov 2026", b"<link href='http://[' />", b"<guid>", b"</rss>", b"</feed>",
    b"<html>", b"{", b'{"items": [{"id": 1', b"}]}", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"x",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<image>", b"<source>", b"<textInput>", b"<svg>",
    b"<media:content url='x'>", b"<geo:lat>", b"<category>", b"xmlns:a='b'", b"<a:b>", b"'", b'"',
])  # fmt: skip


LABELS = st.sampled_from(
    ["", "text/xml; charset=utf-7", "text/html", "application/json; charset=é"]
)


@given(st.binary(max_size=400) | st.lists(PIECES, max_size=25).map(b"".join), LABELS)
@example(b"<rss><channel><item><title>x</title><link>http://[</link></item></channel></rss>", "")
def test_any_bytes_are_a_feed_or_a_feed_error(body: bytes, content_type: str) -> None:
    try:
        feed = read(body, content_type)
    except FeedError as error:
        assert error.kind in KINDS  # noqa: PT017
    else:
        assert all(map(can_be_stored, strings(asdict(feed))))


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=4), part, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ["id", "url", "title", "content_html", "content_text", "summary", "image", "date_published",
        "date_modified", "author", "authors", "tags", "external_url"]  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6) | JSON, max_size=3), JSON)
def test_any_json_feed_is_read_whatever_stands_in_it(items: list[Any], other: Any) -> None:
    document = {"items": items, "title": other, "home_page_url": other, "author": other}
    feed = read(json.dumps(document))
    assert len(feed.entries) <= len(items)
    assert all(map(can_be_stored, strings(asdict(feed))))


# --- JSON Feed -----------------------------------------------------------------------------------


def test_a_json_feed_is_read_whole() -> None:
    feed = read(json.dumps({
        "version": "https://jsonfeed.org/version/1.1", "title": "B &amp; C", "language": "en",
        "home_page_url": "https://home.example/b/", "authors": [{"name": "Ann"}],
        "items": [{
            "id": 7, "url": "/a", "title": "5 < 6", "content_html": "<p>x</p>", "summary": "s < t",
            "date_published": "2026-11-06T10:00:00+01:00", "date_modified": "2026-11-07T10:00:00Z",
            "tags": ["T", "T", 3], "image": "i.png",
        }, {"id": "x", "content_text": "a\n\nb", "author": {"name": "Bo"}}],
    }))  # fmt: skip
    first, second = feed.entries
    assert (feed.title, feed.link, feed.language) == ("B & C", "https://home.example/b/", "en")
    assert (first.id, first.link, first.title) == ("7", "https://home.example/a", "5 < 6")
    assert (first.content, first.summary) == ("<p>x</p>", "<p>s &lt; t</p>")
    assert first.published == datetime(2026, 11, 6, 9, tzinfo=UTC)
    assert first.updated == datetime(2026, 11, 7, 10, tzinfo=UTC)
    assert (first.author, first.categories) == ("Ann", ("T",))
    assert first.image == "https://home.example/b/i.png"
    assert (second.author, second.content) == ("Bo", "<p>a</p>\n<p>b</p>")
