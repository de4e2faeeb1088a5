"""The first settings file of a new newsletter: commented, complete, and good for a rehearsal.

Lines that begin with `#` and no space are settings at their defaults; a test takes the mark off
and finds that the file still means the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import BaseModel

from newsletter.config.look import DarkSettings, LightSettings
from newsletter.config.signup import WORDING

SECRETS_FILE = """\
# The secrets of the newsletter. Never share this file; never put it under version control.

# Keeps the addresses of people who were erased as keyed hashes. Keep a copy in a safe place.
NEWSLETTER_SECRET_KEY={key}

# Needed to send through SendGrid: its API key, and the key that its reports are signed with.
#SENDGRID_API_KEY=
#SENDGRID_WEBHOOK_PUBLIC_KEY=

# The password of the mail server, when you send through one.
#NEWSLETTER_SMTP_PASSWORD=
"""

IGNORED = (".env", "*.db", "*.db-*", "*.db.lock", "/outbox/", "/preview/", "*.csv")
"""What version control must not see: secrets, people, and mails to them."""

_SETTINGS = """\
# The settings of your newsletter. Lines that begin with # are comments, or settings at their
# defaults: take the # away to change them. Secrets do not belong here but in the file .env.
# Every setting can also be given by the environment, as NEWSLETTER_DELIVERY__TRANSPORT=smtp.

[newsletter]
title = {title}

# Who the mails come from. The address must be one you may send from.
sender = {sender}

# Where answers go, when not to the sender.
#reply_to = ""

# Your postal address, at the foot of every edition. The law of many countries asks for one;
# a post office box will do. Nothing is really sent until it is here.
postal_address = ""

# Your blog.
website = {website}

# Where the pages for unsubscribing and preferences can be reached. This is a guess. If you have
# no server for them, leave it out and set unsubscribe = "sendgrid" below.
public_url = {public_url}

# The language of the newsletter, and the time zone of its schedule and dates.
language = {language}
timezone = {timezone}

# Shown in every edition.
#disclaimer = ""

# Where the posts come from. Atom is better than RSS: it says when a post was updated.
[[feeds]]
url = {feed}

# Topics your readers can choose from. A post belongs to a topic by its categories, or when its
# title fits title_pattern, a regular expression. Without topics everybody gets everything.
#[[topics]]
#key = "trials"
#title = "Clinical trials"
#categories = ["Clinical Trials"]
#title_pattern = ""

[schedule]
# "day", "week" or "month". The day is a weekday for weeks, or 1 to 31 or "last" for months.
every = "week"
on = "thursday"
at = "09:00"

# A run that was missed is made up for when it is found within so many hours; after that its posts
# go into the next edition ("merge") or nowhere ("skip").
#grace_hours = 48
#late = "merge"

# With "required", an edition waits until somebody approved it.
#approval = "none"

[store]
# The database: a file beside this one, or postgresql://user@host/name.
#url = "sqlite:///newsletter.db"

# Your own look: a logo with words for it, a line below the title, a text at the foot (Markdown).
# Templates of your own lie in a folder beside this file; see `newsletter templates list`.
[look]
#logo = ""
#logo_alt = ""
#logo_width = 160
#masthead = ""
#footer = ""
#templates = "templates"

# Colours, and those for readers in the dark. What cannot be read holds the edition.
[look.light]
{light}

[look.dark]
{dark}

[delivery]
# "outbox" only writes the mails to files, for rehearsals. "sendgrid" or "smtp" sends them.
transport = "outbox"
#outbox = "outbox"

# How long a send can be taken back before the mails leave: 0, or 20 to 4000 minutes.
#undo_minutes = 30

# Who keeps the page for unsubscribing: "own" (at public_url above), or "sendgrid".
unsubscribe = "own"

# People per request, requests at a time, requests per second, and people per day (0: no limit).
#batch_size = 1000
#concurrency = 4
#per_second = 10
#per_day = 0

# A sender that never sent before is trusted little by little: at most so many people on its first
# day, its second, and so on, such as [500, 1000, 2000]. Before the first edition to more than
# 2,000 people you are shown a plan that fits your list.
#warmup = []

[delivery.sendgrid]
# Accounts in the EU use https://api.eu.sendgrid.com.
#base_url = "https://api.sendgrid.com"
#timeout_seconds = 30

# A mail server; for its password see .env. Encryption goes by itself ("auto").
[delivery.smtp]
#host = "localhost"
#port = 587
#security = "auto"
#user = ""
#timeout_seconds = 60

# Where `newsletter serve` listens for readers (public_url above is what they see of it), and which
# web servers in front of it are believed when they say who asked.
[web]
#host = "127.0.0.1"
#port = 8000
#trusted_proxies = ["127.0.0.1", "::1"]

# How people join by these pages: what they agree to, how long links in mails hold, and how often an
# address gets such a mail, or may be typed, or a network may ask. The name these mails come from
# should tell nobody what the newsletter is about.
[signup]
#enabled = true
#wording = "{wording}"
#confirm_hours = 72
#link_hours = 24
#sender_name = "Newsletter"
#again_minutes = 60
#mails_per_day = 4
#per_address = 5
#per_network = 20
#keep_network_address = false

# When a change of a post is news: a new paragraph of so many words, or so many words put into an
# old one; words of status, numbers and dates always are. Posts that change by themselves, such as
# an index, are listed under `never`, with * for anything: ["*/index-of-all-posts/"].
[changes]
#paragraph_words = 5
#new_words = 8
#status_words = []
#quote_length = 400
#always = []
#never = []
#normal = []

# Trials that posts mention are looked up in ClinicalTrials.gov. A post with at most so many of them
# is about them, and proposes them for following. What changes in the register of a trial you
# follow waits for your approval, unless it may go out unattended.
[trials]
#check = true
#base_url = "https://clinicaltrials.gov/api/v2"
#propose_up_to = 3
#unattended = false
#stale_days = 10
#timeout_seconds = 30

# When more posts than this are in an edition, or more than this share of all known posts changed
# at once, something is probably wrong: the edition waits for you.
[fuse]
#max_items = 20
#max_share = 0.5

# A feed shows the last posts only. On WordPress the older ones are asked for too, page by page,
# when they were edited; 0 means that nothing but the feed is asked for.
[collect]
#most_pages = 20

# Before an edition goes out its links to the blog are tried, and a post that is gone is left out.
# Readers of an earlier edition can be told that one of its posts is no longer there.
# Pictures of posts are shown when they lie on the blog's own host ("blog"), always ("all") or never
# ("none"); whoever keeps a picture can see that a mail was opened.
[digest]
#images = "blog"
#check_links = true
#no_longer_available = false

# Who gets a proof so many hours before an edition (0: none), a receipt after it, and word of
# whatever holds it up.
[notify]
#to = ""
#proof_hours = 24

# After so many mails in a row that a mailbox did not take, over so many days, it is given up; and
# whether SendGrid is told of those whom it must not mail either.
[suppressions]
#soft_bounces = 5
#soft_bounce_days = 14
#push = false

# How many days things are kept about people: events and notices; what was asked on the pages; the
# mails of a rehearsal; the rejected rows of imports. `newsletter privacy report` lists it all.
# Readers can choose a discreet form of the mail, whose sender and subject tell nothing; words that
# must not be seen there, such as that of an illness, hold the edition when they are found.
[privacy]
#retention_days = 90
#request_days = 30
#outbox_days = 30
#rejects_days = 30
#words = []
#discreet_sender = "Newsletter"
#discreet_subject = "Your newsletter"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is known of a new newsletter. Each value must stand the check of its setting."""

    title: str
    sender: str
    website: str
    public_url: str
    language: str
    timezone: str
    feed: str


def settings_text(start: Start) -> str:
    """The text of `newsletter.toml`."""
    values = {name: _toml(getattr(start, name)) for name in start.__slots__}
    colours = {"light": _colours(LightSettings), "dark": _colours(DarkSettings)}
    return _SETTINGS.format(**values, **colours, wording=WORDING)


def secrets_text(key: str) -> str:
    """The text of `.env`, with a fresh random key."""
    return SECRETS_FILE.format(key=key)


def _colours(kind: type[BaseModel]) -> str:
    return "\n".join(f'#{name} = "{info.default}"' for name, info in kind.model_fields.items())


def _toml(value: str) -> str:
    """A TOML text: that of JSON, but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
