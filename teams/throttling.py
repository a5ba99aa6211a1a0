"""How often something may be tried in an hour, counted in the database.

One conditional UPDATE per try decides, so that neither threads nor processes get past the limit,
and no limit is ever permanent (OWASP ASVS 5.0, 6.3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from teams.models import Tries

WINDOW = timedelta(hours=1)
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most `tries` per hour; `name` keeps the counts of different things apart."""

    name: str
    tries: int


# Of an account from one network, and once strangers have tried it so often, from one they have not
# used yet. Nobody is kept out by what others try elsewhere.
SIGN_IN_PER_ACCOUNT = Limit("sign-in-account", 10)
SIGN_IN_UNDER_ATTACK = Limit("sign-in-account", 2)
SIGN_IN_ANYWHERE = Limit("sign-in-anywhere", 100)
# Where its owner has signed in before.
SIGN_IN_PER_DEVICE = Limit("sign-in-device", 10)
# The password of who is signed in, asked for once more.
PASSWORD_PER_SESSION = Limit("password-session", 10)
SIGN_IN_PER_ADDRESS = Limit("sign-in-address", 20)
RESET_PER_ACCOUNT = Limit("reset-account", 5)
RESET_PER_ADDRESS = Limit("reset-address", 20)
# What nobody signed in sends off is kept for the sign-in; it fills the database no further.
KEPT_PER_ADDRESS = Limit("kept-address", 60)


def count_try(limit: Limit, who: str) -> bool:
    """Count one try of `who` and return whether it is still within the limit."""
    key = _key(limit, who)
    now = timezone.now()
    for _attempt in range(2):
        row = Tries.objects.filter(key=key)
        current = row.filter(window_started_at__gt=now - WINDOW)
        if current.filter(count__lt=limit.tries).update(count=F("count") + 1):
            return True
        if current.exists():
            return False
        if row.filter(window_started_at__lte=now - WINDOW).update(count=1, window_started_at=now):
            return True
        # Nobody tried before. Somebody may do so at the same instant: then the loop counts on
        # with their row.
        if _start(key):
            return True
    return False


def sum_today(name: str, person_id: int) -> int:
    """What was added up today (UTC) under this name for a person."""
    row = Tries.objects.filter(key=_key_today(name, person_id)).first()
    return row.count if row else 0


def add_today(name: str, person_id: int, amount: int) -> None:
    """Add to what is added up today under this name for a person."""
    key = _key_today(name, person_id)
    now = timezone.now()
    Tries.objects.get_or_create(key=key, defaults={"window_started_at": now})
    Tries.objects.filter(key=key).update(count=F("count") + amount)


def _key_today(name: str, person_id: int) -> str:
    return salted_hmac(
        f"teams.throttling.{name}", f"{person_id} {timezone.now():%Y-%m-%d}", algorithm="sha256"
    ).hexdigest()


def give_back(limit: Limit, who: str) -> None:
    """Uncount the latest try: it turned out to be a right one."""
    Tries.objects.filter(key=_key(limit, who), count__gt=0).update(count=F("count") - 1)


def forget(limit: Limit, who: str) -> None:
    """Start from zero: `who` has proved themselves in another way."""
    Tries.objects.filter(key=_key(limit, who)).delete()


def minutes_left(limit: Limit, who: str) -> int:
    """After how many minutes `who` may try again; 0 means now."""
    row = Tries.objects.filter(key=_key(limit, who), count__gte=limit.tries).first()
    if row is None:
        return 0
    return max(0, -int((timezone.now() - row.window_started_at - WINDOW).total_seconds() // 60))


def client_network(request: HttpRequest) -> str:
    """The network that the visitor's address is in (/24, /48): a stranger often has all of it."""
    address, _slash, _length = client_address(request).partition("/")
    try:
        length = 48 if isinstance(ip_address(address), IPv6Address) else 24
        return str(ip_network(f"{address}/{length}", strict=False))
    except ValueError:
        return address


def client_ip(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The visitor's address; None where there is none, as on a socket file.

    `X-Forwarded-For` is believed only as far as TRUSTED_PROXIES reaches from its end: what a
    visitor writes into the header stands further left.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    proxies: int = settings.TRUSTED_PROXIES
    text = request.META.get("REMOTE_ADDR", "")
    if 0 < proxies <= len(hops):
        text = hops[-proxies]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_address(request: HttpRequest) -> str:
    """The visitor's address; all addresses of one IPv6 network (/64) count as one."""
    address = client_ip(request)
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address or "unknown")


def _key(limit: Limit, who: str) -> str:
    return salted_hmac(f"teams.throttling.{limit.name}", who, algorithm="sha256").hexdigest()


def _start(key: str) -> bool:
    now = timezone.now()
    Tries.objects.filter(window_started_at__lt=now - KEPT).delete()
    _row, created = Tries.objects.get_or_create(
        key=key, defaults={"count": 1, "window_started_at": now}
    )
    return created
