"""What cleaning takes out of a post, and what it leaves."""

from __future__ import annotations

import pytest

from newsletter.feeds.clean import clean
from newsletter.model.post import Image

LONG_ADVICE = (
    "Please share this post-operative note with your surgeon, and then ask about "
    + "scans, bloods, diet, work, travel, insurance and sleep. " * 3
)
BASE = "https://blog.example/2026/11/06/a-post/"


def html_of(raw: str) -> str:
    return clean(raw, base_url=BASE).html


def text_of(raw: str) -> str:
    return clean(raw, base_url=BASE).text


@pytest.mark.parametrize(
    "debris",
    [
        '<div class="sharedaddy sd-block"><h3>Share this:</h3><a href="/x">Twitter</a></div>',
        '<div id="jp-relatedposts"><h3>Related</h3></div>',
        '<div id="likes-other-gravatars"><span>%d</span> bloggers like this:</div>',
        "<p>%d bloggers like this:</p>",
        "<p>Please Share this post for awareness and to help another patient</p>",
        "<p>Like this:</p>",
        "<p>Like Loading…</p>",
        "<p>Loading...</p>",
        "<p>Join 27.4K other subscribers</p>",
        "<p>Blog Stats</p><ul><li>289,030 hits</li></ul>",
        '<p>The post <a href="/a">A post</a> appeared first on <a href="/">A blog</a>.</p>',
        '<div class="wp-block-jetpack-subscriptions"><p>Type your email…</p></div>',
        '<div class="robots-nocontent">Related</div>',
        '<img src="https://stats.wp.com/b.gif?x=1" alt="">',
        '<img src="https://pixel.wp.com/b.gif" width="1" height="1">',
        '<img src="https://0.gravatar.com/avatar/abc?s=96" class="avatar" alt="Ann">',
        '<img src="https://cdn.example/p.png" width="1" height="1">',
        "<script>alert(1)</script><style>p{color:red}</style>",
        "<form><p>This content is password protected.</p><input></form>",
        '<iframe src="https://www.facebook.com/plugins/like.php?x=1"></iframe>',
        "[gallery ids='1,2,3']",
        '[contact-form-7 id="12" title="Contact"]',
        "<p>&nbsp;</p><p></p><div><br></div>",
        "<!-- wp:paragraph -->",
    ],
)
def test_debris_goes(debris: str) -> None:
    """What the platform adds goes; the author's paragraphs around it stay."""
    cleaned = clean(f"<p>Before.</p>{debris}<p>After.</p>", base_url=BASE)
    assert cleaned.text == "Before.\nAfter."
    assert cleaned.image is None


@pytest.mark.parametrize(
    "words",
    [
        "He wrote recieve [sic] twice.",
        "As shown [1], and again [2].",
        "Patients got [177Lu]Lu-DOTATATE.",
        "The [68Ga] scan (5 < 6 & 7 > 4).",
        LONG_ADVICE,
        "Loading doses are given first.",
        "The post office is closed.",
    ],
)
def test_the_authors_words_stay(words: str) -> None:
    """Brackets and words that only resemble debris are the author's."""
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert text_of(f"<p>{escaped}</p>") == " ".join(words.split())


def test_plain_text_gets_paragraphs_and_loses_debris() -> None:
    """Some feeds send no markup: blank lines part paragraphs, the platform's lines go."""
    raw = "First line\nsecond line.\n\nNext &amp; last.\n\n%d bloggers like this:\nLoading...\n"
    assert text_of(raw) == "First line second line.\nNext & last."


@pytest.mark.parametrize(
    ("raw", "source"),
    [
        (
            '<img src="data:image/gif;base64,R0" data-src="/real.png">',
            "https://blog.example/real.png",
        ),
        ('<img src="ph.gif" data-lazy-src="https://c.example/r.png">', "https://c.example/r.png"),
        (
            '<img src="data:,R"><noscript><img src="https://c.example/n.png"></noscript>',
            "https://c.example/n.png",
        ),
        ('<img src="data:," srcset="https://c.example/s.png 300w">', "https://c.example/s.png"),
        ('<img src="../up.png">', "https://blog.example/2026/11/06/up.png"),
        ('<img src="//c.example/r.png">', "https://c.example/r.png"),
    ],
)
def test_lazy_and_relative_pictures_show(raw: str, source: str) -> None:
    """A picture's real source is found, once, and made absolute."""
    cleaned = clean(f"<p>Text.</p><p>{raw}</p>", base_url=BASE)
    assert cleaned.image is not None
    assert cleaned.image.url == source
    assert cleaned.html.count("<img") == 1
    assert f'src="{source}"' in cleaned.html


def test_a_noscript_twin_is_shown_once() -> None:
    """The twin of a lazy picture is dropped."""
    raw = '<img data-src="/a.png" src="data:,"><noscript><img src="/a.png"></noscript>'
    assert html_of(raw).count("<img") == 1


@pytest.mark.parametrize(
    ("raw", "link", "label"),
    [
        (
            '<iframe src="https://www.youtube.com/embed/abcdefghijk?rel=0" title="A talk">',
            "https://www.youtube.com/watch?v=abcdefghijk",
            "Watch the video: A talk",
        ),
        (
            '<iframe src="https://player.vimeo.com/video/12345"></iframe>',
            "https://vimeo.com/12345",
            "Watch the video",
        ),
        (
            '<video controls><source src="/v.mp4">No video</video>',
            "https://blog.example/v.mp4",
            "Watch the video",
        ),
        (
            '[audio src="https://blog.example/a.mp3"]',
            "https://blog.example/a.mp3",
            "Listen to the audio",
        ),
        ("[embed]https://vimeo.com/9[/embed]", "https://vimeo.com/9", "Watch the video"),
        (
            '<iframe src="https://maps.example/m"></iframe>',
            "https://maps.example/m",
            "Open the embedded page at maps.example",
        ),
        (
            '<div class="wp-block-embed__wrapper">\nhttps://youtu.be/abcdefghijk\n</div>',
            "https://youtu.be/abcdefghijk",
            "https://youtu.be/abcdefghijk",
        ),
    ],
)
def test_an_embed_becomes_a_link(raw: str, link: str, label: str) -> None:
    """What a mail cannot play, it can link to."""
    cleaned = clean(f"<p>See:</p>{raw}", base_url=BASE)
    assert f'<a href="{link}">{label}</a>' in cleaned.html
    assert cleaned.text == f"See:\n{label}"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/about/", "https://blog.example/about/"),
        ("../other/", "https://blog.example/2026/11/06/other/"),
        ("https://x.example/a?utm_source=rss&amp;id=5&amp;fbclid=z", "https://x.example/a?id=5"),
        ("https://x.example/a?gclid=1&amp;mc_cid=2&amp;mc_eid=3", "https://x.example/a"),
        ("https://x.example/a?b=%20c&amp;d=e#f", "https://x.example/a?b=%20c&amp;d=e#f"),
        ("mailto:ann@x.example", "mailto:ann@x.example"),
    ],
)
def test_links_are_absolute_and_untracked(href: str, expected: str) -> None:
    """A link leads from a mail to where it led from the post, and tells nobody."""
    assert html_of(f'<p><a href="{href}" onclick="x()">go</a></p>') == (
        f'<p><a href="{expected}">go</a></p>'
    )


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "java&#10;script:alert(1)",
        "#note",
        "",
        "data:text/html,x",
        "tel:1",
        "http://[broken",
        "vbscript:x",
    ],
)
def test_a_link_that_leads_nowhere_is_only_words(href: str) -> None:
    """Script, fragments and broken addresses leave their words behind."""
    assert html_of(f'<p>A <a href="{href}">word</a>.</p>') == "<p>A word.</p>"


def test_emoji_pictures_become_characters() -> None:
    """WordPress swaps emoji for pictures; the character comes back."""
    raw = '<p>Good <img src="https://s.w.org/images/core/emoji/14/72x72/1f993.png" alt="🦓">!</p>'
    assert html_of(raw) == "<p>Good 🦓!</p>"


def test_the_first_picture_is_of_the_post() -> None:
    """Avatars, icons and the picture under the standing end are not the post's picture."""
    raw = (
        '<img src="https://1.gravatar.com/avatar/a" alt="Ann"><p>Text.</p>'
        '<img src="/icon.png" width="16" height="16"><img src="/real.png" alt="A &amp; b"'
        ' width="600" height="400px"><p>Thanks for reading</p><img src="/badge.png">'
    )
    assert clean(raw, base_url=BASE).image == Image(
        url="https://blog.example/real.png", alt="A & b", width=600, height=400
    )
    tail_only = '<p>Text.</p><p><strong>Disclaimer</strong></p><p>x</p><img src="/badge.png">'
    assert clean(tail_only, base_url=BASE).image is None


def test_one_block_a_line() -> None:
    """Headings, items, rows, quotes and line breaks in pairs make lines; words are never glued."""
    raw = (
        "<h2>Title</h2><p>One\n<b>two</b>\n<i>three</i> &amp; four.</p><ul><li>a<ul><li>b</li></ul>"
        "</li></ul><table><tr><th>Word</th><th>Means</th></tr><tr><td><p>x</p></td><td>y</td></tr>"
        "</table><blockquote><p>said</p></blockquote>first<br>still<br><br>second<pre>k\n  l</pre>"
    )
    assert text_of(raw).split("\n") == [
        "Title", "One two three & four.", "a", "b", "Word | Means", "x | y", "said",
        "first still", "second", "k l",
    ]  # fmt: skip


def test_a_line_break_before_a_dated_opening_parts_blocks() -> None:
    """Authors put updates into one paragraph, parted by single line breaks."""
    raw = "<p><b>14 Nov 2026.</b> It closed.<br><b>2 Oct 2026.</b> It opened.</p>"
    assert text_of(raw) == "14 Nov 2026. It closed.\n2 Oct 2026. It opened."


def test_what_the_mail_engine_cannot_take_is_gone() -> None:
    """No literal ">" in text, no control character, no line break between words."""
    html = html_of(
        "<p>“>” é> \x0b&#11;\x00 € > 5<b>a</b>\n<i>b</i>\ud800</p><pre><b>x</b>\n<i>y</i></pre>"
    )
    assert "“&gt;” é&gt;" in html
    assert "<b>a</b> <i>b</i>" in html
    assert "<br>" in html
    assert not any(ord(char) < 32 for char in html)


def test_deep_nesting_loses_its_structure_not_its_words() -> None:
    """HTML that would make parsers slow or overflow comes out flat, and quickly."""
    cleaned = clean("<div><b>" * 50_000 + "deep" + "</b></div>" * 50_000, base_url=BASE)
    assert cleaned.text == "deep"


def test_an_empty_post_is_empty() -> None:
    """Nothing in, nothing out."""
    assert clean("", base_url="").html == ""
    assert clean(" \n ", base_url="").text == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>It is <del>recruiting</del> closed.</p>", "It is closed."),
        ("<p>It is <strike>open, or <s>was</s></strike> closed.</p>", "It is closed."),
        ('<p><span style="text-decoration:line-through">Open.</span> Closed.</p>', "Closed."),
        ("<ul><li><s>Leeds</s></li><li>York</li></ul>", "York"),
        ("<p><s>All of it.</s></p> <p><s>Really.</s></p>", "All of it.\nReally."),
        ("<p>One.</p><p><s>Never closed.</p><p>The rest.</p>", "One.\nNever closed.\nThe rest."),
    ],
)
def test_what_the_author_struck_through_is_not_said_again(raw: str, expected: str) -> None:
    """But a mark that is never closed, or is around all there is, takes nothing away."""
    assert text_of(raw) == expected
