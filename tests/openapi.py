"""SendGrid's own word on the body of mail/send: its OpenAPI document, beside the repository."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema

DOCUMENT = Path(__file__).parents[1].parent / "shared" / "sendgrid" / "tsg_mail_v3.patched.json"
MISSING = "SendGrid's OpenAPI document is not here: it belongs at ../shared/sendgrid"


@cache
def validator() -> jsonschema.Draft202012Validator:
    """What checks a body; `email` is checked as a format."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    body = document["components"]["requestBodies"]["PostMailSend"]
    schema = body["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(
        {**schema, "components": document["components"]},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def valid_request(body: bytes) -> bool:
    """Whether the document allows these bytes as the body of a mail/send request."""
    return bool(validator().is_valid(json.loads(body)))
