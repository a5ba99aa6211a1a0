"""What somebody sent off and could not be done yet: kept for an hour at most.

It waits for them to sign in, or to prove who they are, in their session, by the address it was sent
to, and sealed, since texts, numbers and keys are in it. Passwords and files are not kept: they are
asked for again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, QueryDict

KEPT_FOR = timedelta(hours=1)
# Of one, sealed: the database and each look at the session carry it.
MOST_BYTES = 200_000
# Several tabs may ask at once.
_MOST = 3
_KEY = "kept_posts"


@dataclass(frozen=True, slots=True)
class KeptPost:
    """What was sent to `path`: its fields (none when a page was only opened).

    `back` is the page with the button, and `reason` says why a password is wanted for it.
    """

    path: str
    fields: Sequence[tuple[str, str]] = ()
    is_post: bool = True
    back: str = ""
    reason: str = ""

    @property
    def words(self) -> list[str]:
        """What somebody wrote, of all that a form carries."""
        return [value for _name, value in self.fields if len(value.split()) > 1]


def post_of(request: HttpRequest, back: str = "", reason: str = "") -> KeptPost:
    """What this request asks for, to be asked again later."""
    return KeptPost(
        request.get_full_path(),
        _fields(request.POST),
        is_post=request.method == "POST",
        back=back,
        reason=reason,
    )


def keep_post(request: HttpRequest, kept: KeptPost) -> bool:
    """Keep it in the visitor's session; False where it is too large for that."""
    sealed = _fernet().encrypt(json.dumps(asdict(kept)).encode()).decode()
    if len(sealed) > MOST_BYTES:
        return False
    others = [
        (path, older)
        for path, older in request.session.get(_KEY, ())
        if path != kept.path and _opened(older)
    ]
    request.session[_KEY] = [*others, (kept.path, sealed)][-_MOST:]
    return True


def kept_at(request: HttpRequest, path: str) -> KeptPost | None:
    """What was sent to this address within the last hour and waits to be done."""
    for address, sealed in request.session.get(_KEY, ()):
        if address == path:
            return _opened(sealed)
    return None


def post_at(request: HttpRequest, path: str) -> KeptPost | None:
    """The same, but None for a page that was only opened: there is nothing to be done."""
    kept = kept_at(request, path)
    return kept if kept and kept.is_post else None


def _opened(sealed: str) -> KeptPost | None:
    """What is in it; None once it is older than `KEPT_FOR`, or sealed with another key."""
    try:
        text = _fernet().decrypt(sealed.encode(), ttl=int(KEPT_FOR.total_seconds()))
    except InvalidToken:
        return None
    return KeptPost(**json.loads(text))


def forget_post(request: HttpRequest, path: str) -> None:
    """It is asked for again, or no longer wanted."""
    kept = request.session.get(_KEY, ())
    if any(pair[0] == path for pair in kept):
        request.session[_KEY] = [pair for pair in kept if pair[0] != path]


def is_page(request: HttpRequest) -> bool:
    """Whether a browser shows the answer as a page: scripts keep what they send themselves."""
    accepted = request.headers.get("Accept", "")
    is_script = any(name in request.headers for name in ("HX-Request", "X-Requested-With"))
    return not is_script and (not accepted or "text/html" in accepted)


def is_from_here(request: HttpRequest) -> bool:
    """Whether nothing says that another site's page sent it: browsers say so of every POST."""
    origin = request.headers.get("Origin", "")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    ours = f"{request.scheme}://{request.get_host()}"
    return origin in {"", ours} and site == "same-origin"


def _fields(posted: QueryDict) -> list[tuple[str, str]]:
    return [
        (name, str(value))
        for name, values in posted.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]


def _fernet() -> MultiFernet:
    digests = (
        hashlib.sha256(f"teams.kept_posts{key}".encode()).digest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
