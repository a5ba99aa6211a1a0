"""How often an account's API is called: a second and a minute, shared by all workers.

The generic cell rate algorithm (ITU-T I.371), one number per limit: a call takes the next free
place in line and is told how long to wait for it. The numbers are in Redis, where one script reads
and writes them; without Redis, in a row of the database. A worker that loses its place (killed
while it waits) costs one place, nothing else. What the vendor itself says (HTTP 429) is another
matter: `sending.protocol.cooling`.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache

import redis
from django.conf import settings
from django.db import transaction

from sociocs_accounts.models import CallRate, GatewayAccount

log = logging.getLogger(__name__)

# A place further away than this is not taken: the lane does something else and comes again.
LONGEST_WAIT = 5.0
# After Redis failed, the database keeps the numbers for so long before Redis is asked again.
_REDIS_REST = 30.0
_redis_rests_until = 0.0

# KEYS: one per limit. ARGV: the longest wait, then for each limit its interval and its burst, in
# seconds. Returns the wait; a place is taken only if it is not longer than the longest.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local wait = 0
local places = {}
for i, key in ipairs(KEYS) do
    local interval, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    local place = math.max(tonumber(redis.call('GET', key) or 0), now)
    wait = math.max(wait, place - burst - now)
    places[i] = place + interval
end
if wait <= tonumber(ARGV[1]) then
    for i, key in ipairs(KEYS) do
        redis.call('SET', key, string.format('%.6f', places[i]), 'EX', 3600)
    end
end
return tostring(wait)
"""


class MustWait(Exception):
    """The next place in line is more than `LONGEST_WAIT` away; none was taken."""


def limits_of(account: GatewayAccount) -> dict[str, tuple[float, float]]:
    """The account's limits by name: (seconds between calls, seconds' worth of calls at once)."""

    def own_or(own: int | None, usual: int) -> int:
        return usual if own is None else own

    limits = {}
    if per_second := own_or(account.calls_per_second, settings.SOCIOCS_CALLS_PER_SECOND):
        limits["by_second"] = (1 / per_second, 1 - 1 / per_second)
    if per_minute := own_or(account.calls_per_minute, settings.SOCIOCS_CALLS_PER_MINUTE):
        limits["by_minute"] = (60 / per_minute, 60 - 60 / per_minute)
    return limits


def reserve(account: GatewayAccount, longest: float = LONGEST_WAIT) -> float:
    """Take the next place in line; returns the seconds to wait for it. Raises MustWait."""
    limits = limits_of(account)
    if not limits:
        return 0.0
    wait = _by_redis(account, limits, longest)
    if wait is None:
        wait = _by_database(account, limits, longest)
    if wait > longest:
        raise MustWait
    return max(0.0, wait)


def wait(account: GatewayAccount) -> None:
    """Wait for a place in line, however long the line is: for calls that are few."""
    while True:
        try:
            time.sleep(reserve(account))
        except MustWait:
            time.sleep(LONGEST_WAIT)
        else:
            return


def seconds_for(account: GatewayAccount, calls: int) -> float:
    """How long the limits alone make `calls` calls take, for telling people."""
    waits = [calls * interval - burst for interval, burst in limits_of(account).values()]
    return max([0.0, *waits])


def calls_within(account: GatewayAccount, seconds: float) -> int | None:
    """How many calls the limits let through in that time; None where there are none."""
    limits = limits_of(account).values()
    return min((int((seconds + burst) / interval) for interval, burst in limits), default=None)


def _by_redis(
    account: GatewayAccount, limits: dict[str, tuple[float, float]], longest: float
) -> float | None:
    """The wait by Redis' own clock; None where there is no Redis at the moment."""
    global _redis_rests_until  # noqa: PLW0603 - one Redis for the whole process
    if time.monotonic() < _redis_rests_until:
        return None
    keys = [f"call-rate:{account.pk}:{name}" for name in limits]
    numbers = [longest, *(number for limit in limits.values() for number in limit)]
    try:
        return float(_client().eval(_SCRIPT, len(keys), *keys, *numbers))
    except (redis.RedisError, OSError) as error:
        log.warning("no Redis for call rates: %s", type(error).__name__)
        _redis_rests_until = time.monotonic() + _REDIS_REST
        return None


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    # Celery's spelling of a socket's address is not redis-py's.
    url = settings.REDIS_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def redis_works() -> bool:
    """Whether Redis answers and stores anything at this moment; asks for two seconds at most."""
    try:
        return bool(_client().set("works", 1, ex=60))
    except (redis.RedisError, OSError):
        return False


def forget_redis() -> None:
    """Ask for Redis anew: in a test."""
    global _redis_rests_until  # noqa: PLW0603 - one Redis for the whole process
    _redis_rests_until = 0.0
    _client.cache_clear()


def _by_database(
    account: GatewayAccount, limits: dict[str, tuple[float, float]], longest: float
) -> float:
    with transaction.atomic():
        CallRate.objects.bulk_create([CallRate(account=account)], ignore_conflicts=True)
        row = CallRate.objects.select_for_update().get(pk=account.pk)
        now, wait = time.time(), 0.0
        for name, (interval, burst) in limits.items():
            place = max(getattr(row, name), now)
            wait = max(wait, place - burst - now)
            setattr(row, name, place + interval)
        if wait <= longest:
            row.save(update_fields=list(limits))
    return wait
