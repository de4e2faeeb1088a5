"""A stand-in for SendGrid on this computer: it answers like the documented API and mails nobody.

It is a judge as well: every acceptance is in its own database before it is answered, so that it can
be asked afterwards who was accepted, who was delivered, and how often (`ledger.py`).

What the provider's documentation leaves open is decided here, and said so:

- A cancel that is set before a request of that batch arrives, or while it is still on its way,
  holds for that request too (`Rules.cancel_holds`).
- A cancel that is set less than ten minutes before `send_at` is answered like any other and comes
  too late; documented is only that it is not guaranteed.
- Taking a cancel back (DELETE) before `send_at` lets the messages go out after all.
- A request is accepted or refused as a whole.
- The values of custom_args have to be strings everywhere, header values have to be one line, and
  an address is written in ASCII.
- The same address in two personalizations is let through (`Rules.repeats_allowed`).
- `Content-Encoding: gzip`, which only some accounts have, is answered 415; a body without a
  Content-Length is answered 411.
"""
