"""The database goes away while an intent or an answer is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from campaigns import moves
from campaigns.models import Campaign
from sending import attempts, gateway, submit, tick
from sending.models import Attempt
from sociocs_accounts.models import Channel
from tests import world
from tests.processes import Sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.thorough,
]


@pytest.fixture
def campaign(channel: Channel) -> Campaign:
    return world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(15))))


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`losing(number, committed=...)`: the database loses the connection at that commit."""

    def lose(number: int, *, committed: bool) -> None:
        commits = iter(range(1, 1000))

        @contextmanager
        def durable() -> Iterator[None]:
            here = next(commits)
            with moves.durable():
                yield
                if here == number and not committed:
                    raise OperationalError("the server closed the connection")
            if here == number:
                connection.close()
                raise OperationalError("the server closed the connection")

        monkeypatch.setattr(attempts, "durable", durable)
        monkeypatch.setattr("time.sleep", lambda _: None)

    return lose


def hand_over(campaign: Campaign) -> None:
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


# The turns are: intent 1; answer 1 with intent 2; answer 2.
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_commit_without_an_answer_is_looked_for_and_nothing_is_lost_or_doubled(
    campaign: Campaign,
    sandbox: Sandbox,
    losing: Callable[..., None],
    number: int,
    committed: bool,
) -> None:
    losing(number, committed=committed)

    hand_over(campaign)

    assert world.states(campaign) == ["accepted", "accepted"]
    assert Attempt.objects.count() == world.witness(sandbox)["jobs"] == 2


def test_an_intent_that_was_committed_too_long_ago_is_not_followed_by_a_call(
    campaign: Campaign,
    sandbox: Sandbox,
    losing: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    losing(1, committed=True)
    clock = gateway.boot_time
    late = [0.0]
    monkeypatch.setattr("time.sleep", lambda seconds: late.__setitem__(0, 11.0 * bool(seconds)))
    for module in (attempts, gateway):
        monkeypatch.setattr(module, "boot_time", lambda: clock() + late[0])

    submit.hand_over(campaign.submissions.first().account_id)  # type: ignore[union-attr]

    assert world.witness(sandbox)["jobs"] == 2
    assert Attempt.objects.count() == 3
    first = Attempt.objects.order_by("started_at").first()
    assert first is not None
    assert (first.outcome, first.reason) == ("not_sent", "start_fence")
