"""When a site is asked for more than its feed shows. No parser is needed to know that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from newsletter.model.feed import Follow, Means

EVERY: Final = timedelta(days=6, hours=12)
"""How often a site that honours little is tried again, and a feed fetched without asking whether it
has changed: once a week. Half a day less, since no weekly job begins at the same second; a whole
week would make that every second one.
"""

_TRUST: Final = timedelta(hours=20)
"""How long a site without Last-Modified may be taken to be unchanged because its feed is: until the
daily job's next run.
"""


def is_due(known: Follow, *, marker: str | None, read: bool, weekly: bool, now: datetime) -> bool:
    """Whether the site must be asked, or the feed's own answer says that nothing was edited.

    WordPress' Last-Modified (`marker`) is that of the newest edit of any post, so that a 304 means
    that there was none (wp-includes/class-wp.php). `read`: the feed was sent, though it may
    be the same; `weekly`: all is asked for anew, since some servers always say that nothing
    changed. A site that honours nothing is tried again when something was edited. Of a feed that
    did change the caller needs not ask here.
    """
    edited = (marker or "") != known.marker
    if known.means in (None, Means.NONE):
        return read and (known.probed_at is None or edited)
    if weekly or known.followed_at is None or edited:
        return True
    return not marker and now - known.followed_at >= _TRUST
