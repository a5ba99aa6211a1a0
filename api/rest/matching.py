"""`ETag` and `If-Match`: nobody's change is lost under somebody else's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from api.rest.problems import NotDone

HEADER = "If-Match"


def tag_of(shown: Mapping[str, Any]) -> str:
    """The ETag of something as it is told: another one as soon as anything of it differs."""
    told = orjson.dumps(shown, default=str, option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(told).hexdigest()[:32]}"'


def tagged(response: HttpResponse, shown: dict[str, Any]) -> dict[str, Any]:
    """What is told, with its ETag on the answer."""
    response["ETag"] = tag_of(shown)
    return shown


def check_match(request: HttpRequest, shown: Mapping[str, Any], *, is_needed: bool = False) -> None:
    """Raise NotDone (412) if `If-Match` names other states than the one that is `shown`.

    `is_needed`: 428 without the header.
    """
    given = request.headers.get(HEADER, "").strip()
    if not given:
        if is_needed:
            sentence = "Send the ETag of what you change as If-Match, so that no change is lost."
            raise NotDone(HTTPStatus.PRECONDITION_REQUIRED, sentence, "if_match_missing")
        return
    # An answer that went out compressed has a weak tag (RFC 9110, 8.8.3): it is the same to us.
    tags = {tag.removeprefix("W/") for tag in parse_etags(given)}
    if not tags & {"*", tag_of(shown)}:
        raise changed_meanwhile()


def changed_meanwhile() -> NotDone:
    """412: it is not as the caller saw it."""
    sentence = "It was changed since. Get it again, and change it as it is now."
    return NotDone(HTTPStatus.PRECONDITION_FAILED, sentence, "outdated")
