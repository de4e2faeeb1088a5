"""Take out of a post what is not its author's: widgets, pixels, avatars, lazy pictures, embeds.

The only user of selectolax. What comes out is not yet safe, only quiet: the allow-list follows in
`clean`. Steps and selectors follow what WordPress, WordPress.com and Jetpack write into feeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.feeds.links import (
    absolute,
    is_avatar,
    is_emoji,
    is_pixel,
    label_of_embed,
    page_of_embed,
)
from newsletter.feeds.phrases import is_debris

_WIDGETS = (
    ".sharedaddy,.sd-block,.jp-relatedposts,#jp-relatedposts,.wp-block-jetpack-related-posts,"
    "#likes-other-gravatars,.jetpack-likes-widget-wrapper,.likes-widget-placeholder,"
    ".robots-nocontent,.wpcnt,.wpa,.addtoany_share_save_container,.addtoany_content,"
    ".wp-block-jetpack-subscriptions,.wp-block-jetpack-sharing-buttons,"
    ".jetpack_subscription_widget,#subscribe-blog,.wp-block-jetpack-like,.wp-block-social-links,"
    ".wp-block-comments,.post-likes-widget,.screen-reader-text,.feedflare,.essb_links,"
    ".heateor_sss_sharing_container,.ssba,.yarpp,.crp_related,.wp-block-buttons.share,"
    ".mailmunch-forms-widget,.milestone-widget,[class*=wp-block-latest-],.wp-block-rss,.blog-stats,"
    ".wp-block-jetpack-blog-stats,.print-link,.printfriendly,.pf-content-print"
)
_ACTIVE = (
    "script,style,form,template,svg,math,canvas,button,input,select,textarea,link,meta,base,title,"
    "dialog,frameset,applet,map"
)
_STRUCK = "del,s,strike,[style*=line-through i]"
_EMBEDS = "iframe,video,audio,embed,object,amp-youtube,amp-video"
_BLOCKS = frozenset(
    "address article aside blockquote center dd details div dl dt fieldset figcaption"  # noqa: SIM905
    " figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td"
    " tfoot th thead tr ul body".split()
)
_MAY_BE_DEBRIS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 li section aside footer center".split()  # noqa: SIM905
)
_MAY_BE_EMPTY = _MAY_BE_DEBRIS | frozenset(
    "a abbr article b blockquote cite code del dl em figcaption figure header"  # noqa: SIM905
    " i ins main mark nav ol q s small span strong sub summary sup table tbody tfoot thead tr"
    " u ul".split()
)
_LONGEST_DEBRIS = 700
_SMALLEST_ICON = 2
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"]{4,1000}", re.IGNORECASE)


def quiet(raw: str, base_url: str) -> str:
    """The post's HTML without debris; links and pictures absolute; embeds as links."""
    parser = LexborHTMLParser(f"<body>{raw}</body>")
    body = parser.body
    if body is None:
        return ""
    _show_lazy_twins(body)
    _drop(body.css(f"{_WIDGETS},{_ACTIVE},noscript"))
    _drop_struck(body)
    for image in body.css("img"):
        _settle_image(image, base_url)
    for embed in _outermost(body.css(_EMBEDS)):
        _settle_embed(parser, embed, base_url)
    for link in body.css("a"):
        _settle_link(link, base_url)
    _drop_debris(body)
    _drop_empty(body)
    for paragraph in body.css("p,.wp-block-embed__wrapper"):
        _link_bare_address(parser, paragraph, base_url)
    return body.inner_html or ""


def _depth(node: LexborNode) -> int:
    depth = 0
    parent = node.parent
    while parent is not None:
        depth += 1
        parent = parent.parent
    return depth


def _drop(nodes: Iterable[LexborNode]) -> None:
    """Remove nodes, innermost first: a node inside a removed one must not be touched again."""
    for node in sorted({n.mem_id: n for n in nodes}.values(), key=_depth, reverse=True):
        node.decompose()


def _outermost(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    unique = {node.mem_id: node for node in nodes}
    return [node for node in unique.values() if not _is_inside(node, unique)]


def _is_inside(node: LexborNode, others: dict[int, LexborNode]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in others:
            return True
        parent = parent.parent
    return False


def _value(node: LexborNode, *names: str) -> str:
    """The first of the attributes that says something."""
    return next((v.strip() for n in names if (v := node.attributes.get(n)) and v.strip()), "")


def _drop_struck(body: LexborNode) -> None:
    """Take out what was struck through, or a quotation would say it again; unless that is all."""
    struck = _outermost(body.css(_STRUCK))
    if sum(len(node.text(strip=True)) for node in struck) < len(body.text(strip=True)):
        _drop(struck)


# Pictures


def _source(image: LexborNode) -> str:
    """Where the picture really is: lazy loaders keep it beside a placeholder."""
    plain = _value(image, "src")
    lazy = _value(image, "data-src", "data-lazy-src", "data-original")
    if lazy and not lazy.startswith("data:"):
        return lazy
    if plain and not plain.startswith(("data:", "about:", "blob:")):
        return plain
    spare = _value(image, "data-orig-file", "data-large-file")
    listed = _value(image, "srcset", "data-srcset", "data-lazy-srcset")
    return spare or (listed.split()[0].rstrip(",") if listed else "")


def _show_lazy_twins(body: LexborNode) -> None:
    """Keep the picture in a `noscript` only where no other element shows it."""
    twins = [twin for holder in body.css("noscript") for twin in holder.css("img")]
    if not twins:
        return
    inside = {twin.mem_id for twin in twins}
    shown = {_source(image) for image in body.css("img") if image.mem_id not in inside}
    for holder in _outermost(body.css("noscript")):
        kept = [t for t in holder.css("img") if _source(t) and _source(t) not in shown]
        for twin in kept[:1]:
            holder.insert_before(twin.clone())


def _size(image: LexborNode, side: str) -> int | None:
    found = re.match(r"\s*(\d{1,5})(?:px)?\s*$", image.attributes.get(side) or "")
    return int(found[1]) if found else None


def _settle_image(image: LexborNode, base_url: str) -> None:
    source = absolute(_source(image), base_url)
    if source is None or source.startswith("mailto:"):
        image.decompose()
    elif is_emoji(source) or _has_class(image, "emoji", "wp-smiley"):
        image.replace_with(_value(image, "alt") or " ")
    elif _counts_readers(image, source) or is_avatar(source) or _has_class(image, "avatar"):
        image.decompose()
    else:
        _rewrite_image(image, source)


def _has_class(node: LexborNode, *names: str) -> bool:
    return not set(names).isdisjoint((node.attributes.get("class") or "").split())


def _counts_readers(image: LexborNode, source: str) -> bool:
    sides = [side for name in ("width", "height") if (side := _size(image, name)) is not None]
    return is_pixel(source) or any(side <= _SMALLEST_ICON for side in sides)


def _rewrite_image(image: LexborNode, source: str) -> None:
    kept = {name: _size(image, name) for name in ("width", "height")}
    alt = " ".join((image.attributes.get("alt") or "").split())
    for name in list(image.attributes):
        del image.attrs[name]
    image.attrs["src"] = source
    image.attrs["alt"] = alt
    for name, size in kept.items():
        if size is not None:
            image.attrs[name] = str(size)


# Embeds and links


def _embedded_address(embed: LexborNode) -> str:
    """Where an embed's content is."""
    if video := _value(embed, "data-videoid"):
        return f"https://www.youtube.com/embed/{video}"
    own = _value(embed, "data-src", "data-lazy-src", "src", "data")
    if own and not own.startswith("about:"):
        return own
    return next((s for inner in embed.css("source,embed") if (s := _value(inner, "src"))), "")


def _settle_embed(parser: LexborHTMLParser, embed: LexborNode, base_url: str) -> None:
    address = absolute(_embedded_address(embed), base_url)
    page = page_of_embed(address) if address else None
    hidden = any((size := _size(embed, s)) is not None and size <= 2 for s in ("width", "height"))
    if page is None or hidden or page.startswith("mailto:"):
        embed.decompose()
        return
    link = parser.create_node("a")
    link.attrs["href"] = page
    link.insert_child(label_of_embed(page, embed.tag or "", _value(embed, "title", "aria-label")))
    embed.replace_with(_wrapped(parser, link) if _holds_blocks(embed.parent) else link)


def _wrapped(parser: LexborHTMLParser, node: LexborNode) -> LexborNode:
    paragraph = parser.create_node("p")
    paragraph.insert_child(node)
    return paragraph


def _holds_blocks(node: LexborNode | None) -> bool:
    return node is None or node.tag in {"body", "div", "figure", "section", "article", "center"}


def _settle_link(link: LexborNode, base_url: str) -> None:
    address = absolute(link.attributes.get("href"), base_url)
    if address is not None:
        link.attrs["href"] = address
    elif link.child is None:
        link.decompose()
    else:
        link.unwrap()


def _link_bare_address(parser: LexborHTMLParser, paragraph: LexborNode, base_url: str) -> None:
    """WordPress writes an embed it cannot show in a feed as a line with only its address."""
    only = paragraph.child
    if only is None or not only.is_text_node or only.next is not None:
        return
    text = (only.text_content or "").strip()
    address = absolute(text, base_url) if _BARE_ADDRESS.fullmatch(text) else None
    if address is None:
        return
    link = parser.create_node("a")
    link.attrs["href"] = address
    link.insert_child(text)
    only.replace_with(link)


# Debris in words


def _elements(body: LexborNode) -> list[LexborNode]:
    """All elements, each after everything it contains."""
    found = [node for node in body.traverse() if node.mem_id != body.mem_id]
    found.reverse()
    return found


def _has_block_inside(node: LexborNode) -> bool:
    child = node.first_child
    while child is not None:
        if child.tag in _BLOCKS:
            return True
        child = child.next
    return False


def _drop_debris(body: LexborNode) -> None:
    doomed = [
        node
        for node in _elements(body)
        if node.tag in _MAY_BE_DEBRIS
        and not _has_block_inside(node)
        and len(text := node.text(deep=True)) < _LONGEST_DEBRIS
        and is_debris(text)
    ]
    _drop(doomed)


def _drop_empty(body: LexborNode) -> None:
    for node in _elements(body):
        if node.tag in _MAY_BE_EMPTY and _is_empty(node):
            if node.tag in _BLOCKS or not node.text(deep=True):
                node.decompose()
            else:
                node.unwrap()  # an inline element around a mere space


def _is_empty(node: LexborNode) -> bool:
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            if (child.text_content or "").strip():
                return False
        elif child.tag != "br" and not child.is_comment_node:
            return False
        child = child.next
    return True
