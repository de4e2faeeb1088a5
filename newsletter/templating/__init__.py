"""Templates: ours, and before them, file by file, those of a folder of the admin's own.

The only place that knows the template library. Mails, the pages for readers and those for the admin
all come through here:

    templates = Templates(settings.templates_path())
    page = templates.render("web/confirm.html.j2", {"title": "…"})

A name ends with what the text becomes. In `.html.j2`, `.mjml.j2` and `.xml.j2` every value is
escaped, and so are its braces; what is HTML already is marked with `| safe` where a template shows
it. In `.txt.j2` nothing is escaped. A value that a template asks for and is not given is an error,
never an empty place. A template can include and import others by their names ("web/base.html.j2").
`newsletter.editions.templates.templates_of` gives the same with the words that mails use
(`wrapped`, `rule`), and keeps what it has compiled.
"""

from __future__ import annotations

from newsletter.templating.templates import Templates

__all__ = ["Templates"]
