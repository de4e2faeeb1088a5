"""`newsletter posts weight`."""

from __future__ import annotations

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option

_SAID = {
    "always": "every change of it is news",
    "never": "nothing of it is news",
    "normal": "its changes are weighed",
}


@click.command("weight")
@click.argument("post", metavar="URL")
@click.argument("pin", metavar="[always|never|normal]", required=False,
                type=click.Choice(["always", "never", "normal"]))  # fmt: skip
@json_option
@pass_app
def weight(app: App, post: str, pin: str | None) -> None:
    """Say whether changes of a post are news: always, never, or as they weigh.

    URL is the post's address, or its number from `newsletter posts list`. With `always` every
    change is news, even a typing error; with `never` nothing is, as fits an index that changes by
    itself, and a post that was not mailed yet will not be; with `normal` changes are weighed,
    whatever [changes] in the settings says of the address. Without a word it only shows how it is.
    It counts from the next edition that is composed; an edition that is frozen stays as it is.
    """
    from newsletter.cli.watching import context_of
    from newsletter.model.post import Pin
    from newsletter.pipeline.weights import set_weight, weight_of

    with context_of(app) as context:
        found = set_weight(context, post, Pin(pin)) if pin else weight_of(context, post)
    data = {
        "id": found.post_id,
        "title": found.title,
        "url": found.url,
        "weight": found.pin.value,
        "by": "post" if found.pinned else "settings",
    }
    by = "set for this post" if found.pinned else "by the settings"
    line = f"{found.pin.value} ({by}): {_SAID[found.pin.value]}."
    emit(app, data, f"{found.title}\n{found.url}\n{line}")
