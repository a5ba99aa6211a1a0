"""Parts of pages that ask, every few seconds, whether what they show is still so.

A part sends along the mark of what it showed, and until when that counts. While the mark, which
a question or two make anew, is the same, nothing else is looked at. What no mark sees, such as
somebody's new name, shows when its time is over: the part is made again then, and is
answered only where it says something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

NOTHING_NEW = 204
# What is another each time that it is written: a form's token, and how long ago something was.
_NEVER_THE_SAME = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<= UTC">)[^<]*')


@dataclass(frozen=True, slots=True)
class Seen:
    """What an open page knows: its own `fingerprint`, the `mark`, and until when that counts."""

    fingerprint: str
    mark: str
    until: datetime

    def query(self) -> dict[str, str]:
        """As the page sends it along."""
        until = str(int(self.until.timestamp()))
        return {"seen": self.fingerprint, "mark": self.mark, "until": until}


def still_counts(query: Any, now: datetime, longest: timedelta) -> bool:
    """Whether the mark in this `query` is not too old to be compared; none is after `longest`."""
    until = str(query.get("until", ""))
    if not until.isdecimal() or len(until) > 10:
        return False
    return 0 < int(until) - now.timestamp() <= longest.total_seconds()


def counts_until(now: datetime, longest: timedelta, changes_at: datetime | None) -> datetime:
    """Until when a mark of `now` counts, where time takes something away at `changes_at`."""
    latest = now + longest
    return min(latest, changes_at) if changes_at and changes_at > now else latest


@dataclass(frozen=True, slots=True)
class LivePart:
    """A part as it stands in its page under its `name`; without a `url` it asks no more."""

    name: str
    html: SafeString
    url: str


def answer(
    request: HttpRequest, templates: tuple[str, str], context: dict[str, Any], mark: str
) -> HttpResponse:
    """The page, or to one that is open its part alone, and that only if it says something else.

    `templates`: the part's and the page's. `context` has the part's `name`, the `address` it
    asks at, whether it `is_live`, and until when the `mark` counts.
    """
    part_template, page_template = templates
    html = render_to_string(part_template, context, request)
    seen = Seen(_fingerprint(html), mark, context["until"])
    address = context["address"]
    url = f"{address}{'&' if '?' in address else '?'}{urlencode(seen.query())}"
    if context["is_live"] and request.GET.get("seen") == seen.fingerprint:
        # It counts for another while.
        return HttpResponse(status=NOTHING_NEW, headers={"Live-Url": url})
    live = LivePart(context["name"], html, url if context["is_live"] else "")
    template = "history/_live_part.html" if "seen" in request.GET else page_template
    return render(request, template, {**context, "live": live})


def _fingerprint(html: str) -> str:
    return sha256(_NEVER_THE_SAME.sub("", html).encode()).hexdigest()[:16]
