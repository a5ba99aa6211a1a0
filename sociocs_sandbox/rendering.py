"""HTML from plain template files: every value is escaped unless it is ``Html`` already."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from string import Template

from sociocs_sandbox.exchange import HTML_TYPE, Request, Response
from sociocs_sandbox.jobs import iso_time

_HERE = Path(__file__).parent
_STATIC_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from outside, nothing inline: no message can make a page fetch or do anything.
SECURITY_HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
]
LIVE_HEADER = "x-live-part"


class Html(str):
    """Text that is HTML and goes into a template as it is."""

    __slots__ = ()


NOTHING = Html()


def render(template: str, /, **values: object) -> Html:
    """Fill the template file of this name."""
    safe = {
        name: value if isinstance(value, Html) else html.escape(str(value))
        for name, value in values.items()
    }
    return Html(_template(template).substitute(safe))


def joined_html(parts: Iterable[Html]) -> Html:
    """Pieces of HTML, one after the other."""
    return Html("".join(parts))


def page(
    request: Request,
    *,
    title: str,
    section: str,
    above: Html,
    live: Html,
    below: Html = NOTHING,
    status: int = 200,
) -> Response:
    """A whole page, or only its live part where the page itself asks for that to refresh.

    ``live`` is fetched again every two seconds; ``above`` and ``below`` stay as they are.
    """
    version = hashlib.sha256(live.encode()).hexdigest()[:16]
    headers = [*SECURITY_HEADERS, ("X-Live-Version", version)]
    if LIVE_HEADER in request.headers:
        return Response(status, live.encode(), HTML_TYPE, headers)
    active = {f"{name}_current": "page" if name == section else "false" for name in SECTIONS}
    parts = {"title": title, "above": above, "live": live, "below": below, "version": version}
    whole = render("base.html", **parts, **active)
    return Response(status, whole.encode(), HTML_TYPE, headers)


SECTIONS = ("phones", "jobs", "faults")


def redirect(location: str) -> Response:
    """Send the browser on after a form."""
    return Response(303, b"", HTML_TYPE, [("Location", location), *SECURITY_HEADERS])


def static_file(name: str) -> Response | None:
    """A style sheet, script or picture of the pages; None where there is none of this name."""
    path = _HERE / "static" / name
    content_type = _STATIC_TYPES.get(path.suffix)
    if content_type is None or path.parent != _HERE / "static" or not path.is_file():
        return None
    return Response(200, path.read_bytes(), content_type, [("Cache-Control", "no-cache")])


def moment(milliseconds: int | None, form: str = "moment") -> Html:
    """A point in time; the page shows it in the reader's zone, ``form`` is moment, time or day."""
    if milliseconds is None:
        return Html("&ndash;")
    iso = iso_time(milliseconds)
    shown = {"moment": f"{iso[:10]} {iso[11:19]} UTC", "time": iso[11:16], "day": iso[:10]}[form]
    return render("moment.html", iso=iso, form=form, shown=shown)


def shown_number(phone: int) -> str:
    """A number as people read it; North American ones in groups."""
    digits = str(phone)
    if len(digits) == 11 and digits[0] == "1":
        return f"+1 {digits[1:4]} {digits[4:7]} {digits[7:]}"
    return f"+{digits}"


@cache
def _template(name: str) -> Template:
    return Template((_HERE / "html" / name).read_text(encoding="utf-8"))
