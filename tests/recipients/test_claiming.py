"""The one claim of long work: two workers never hold the same, and a dead one's lease ends."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import ClassVar

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from recipients import claiming
from recipients.claiming import Work
from recipients.models import ListOperation
from teams.models import Team
from tests.effort import examples
from tests.world import create_team

pytestmark = pytest.mark.both_databases

WORKERS = 20


def some_work() -> int:
    """The key of an operation that waits for a worker."""
    team = create_team(name="Riverside Dental", slug="riverside-dental")
    return ListOperation.objects.create(team=team, kind=ListOperation.Kind.COPY).pk


def taken(work_id: int) -> ListOperation | None:
    return claiming.claim_work(ListOperation.objects.filter(state="queued"), work_id)


def end_the_lease() -> None:
    """As much time passes as a dead worker is waited for."""
    ListOperation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def still_works(claimed: ListOperation) -> bool:
    try:
        claiming.renew_claim(claimed)
    except claiming.ClaimLost:
        return False
    return True


class TestWhateverWorkersDo(TestCase):
    team: ClassVar[Team]

    @examples(15)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["claims", "goes on", "lets go", "dies", "is stopped"]),
                st.integers(0, 2),
            ),
            max_size=12,
        )
    )
    def test_only_the_last_one_who_got_it_writes(self, story: list[tuple[str, int]]) -> None:
        ListOperation.objects.all().delete()
        work_id = ListOperation.objects.create(team=self.team, kind="copy").pk
        claims: dict[int, ListOperation] = {}
        holder, is_free = None, True
        for what, worker in story:
            if what == "claims":
                claimed = taken(work_id)
                assert (claimed is not None) is is_free
                if claimed is not None:
                    claims[worker], holder, is_free = claimed, worker, False
            elif what == "dies":
                end_the_lease()
                is_free = True
            elif what == "is stopped":
                # It may be begun anew at once: whoever was at it has lost it.
                ListOperation.objects.update(claim_token=None, lease_until=None)
                holder, is_free = None, True
            elif worker in claims and what == "goes on":
                assert still_works(claims[worker]) is (worker == holder)
                # It was slow, not dead: nobody had taken it over.
                is_free = is_free and worker != holder
            elif worker in claims:
                assert claiming.let_go(claims[worker]) is (worker == holder)
                if worker == holder:
                    holder, is_free = None, True
            waiting = claiming.free(ListOperation.objects.all(), timezone.now())
            assert waiting.exists() is is_free

    @classmethod
    def setUpTestData(cls) -> None:
        cls.team = create_team(name="Riverside Dental", slug="riverside-dental")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_come_at_once_one_gets_it_and_after_its_death_another_one() -> None:
    work_id = some_work()
    (first,) = come_at_once(work_id)
    assert not come_at_once(work_id)
    assert still_works(first)
    end_the_lease()
    (second,) = come_at_once(work_id)
    assert second.attempts == 2
    assert not still_works(first)
    assert not claiming.let_go(first, state=ListOperation.State.FAILED)
    assert claiming.let_go(second, state=ListOperation.State.COMPLETED)
    end_the_lease()
    assert not come_at_once(work_id)


def come_at_once(work_id: int) -> list[ListOperation]:
    """What each of many workers got, who all want the same work at the same moment."""
    claims: list[ListOperation] = []
    start = threading.Barrier(WORKERS)

    def work() -> None:
        start.wait()
        claimed = taken(work_id)
        if claimed is not None:
            claims.append(claimed)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return claims


def test_every_model_of_background_work_is_claimed_in_this_way() -> None:
    # Jobs are claimed by many at once, and by the protocol's own rules; a receiver of events by
    # the thread that keeps its order.
    own_rules = {"Receiver", "Submission"}
    leased = {
        model
        for model in apps.get_models()
        if any(field.name == "lease_until" for field in model._meta.concrete_fields)
    }
    assert {model.__name__ for model in leased if not issubclass(model, Work)} == own_rules
