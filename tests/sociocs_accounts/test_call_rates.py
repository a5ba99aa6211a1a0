"""Calls a second and a minute: one line for all workers, kept in Redis or in the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from sociocs_accounts import call_rates
from sociocs_accounts.models import Channel, GatewayAccount
from tests import world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(params=["redis", "database"])
def account(request: pytest.FixtureRequest, settings: Settings) -> Iterator[GatewayAccount]:
    """An account with 10 calls a second; its line is kept where the parameter says."""
    if request.param == "database":
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    call_rates.forget_redis()
    found = world.a_channel(world.a_team()).account
    found.calls_per_second = 10
    yield found
    call_rates.forget_redis()


def test_a_second_takes_so_many_calls_and_the_others_wait(account: GatewayAccount) -> None:
    waits: list[float] = []

    def work() -> None:
        waits.extend(call_rates.reserve(account) for _ in range(10))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    # Ten at once, and a tenth of a second each behind them; less what the threads took.
    assert sum(wait == 0 for wait in waits) >= 10
    assert 1.0 < max(waits) <= 2.0
    apart = sorted(wait for wait in waits if wait > 0)
    assert len({round(wait, 3) for wait in apart}) == len(apart)


def test_a_place_too_far_away_is_not_taken(account: GatewayAccount) -> None:
    account.calls_per_minute = 1

    assert call_rates.reserve(account) == 0
    for _ in range(2):
        with pytest.raises(call_rates.MustWait):
            call_rates.reserve(account, longest=1)
    assert 50 < call_rates.reserve(account, longest=100) <= 60


def test_limits_are_the_accounts_own_or_the_settings(channel: Channel, settings: Settings) -> None:
    settings.SOCIOCS_CALLS_PER_MINUTE = 30
    assert set(call_rates.limits_of(channel.account)) == {"by_minute"}
    assert call_rates.seconds_for(channel.account, 90) == pytest.approx(122)
    channel.account.calls_per_minute = 0
    assert call_rates.limits_of(channel.account) == {}
