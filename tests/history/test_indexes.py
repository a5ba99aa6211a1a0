"""What is looked for among the years of an installation is found by an index, on SQLite as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from campaigns.models import Campaign
from delivery.models import Reply, WebhookEndpoint
from recipients import halves
from recipients.models import RecipientList
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from tests import world
from tests.browsing import Desk
from tests.delivery.test_webhooks import SECRET, say, wrote

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite]


@contextmanager
def planned() -> Iterator[list[str]]:
    """The steps that the database takes for what is asked of it meanwhile."""
    asked, steps = list[tuple[str, Any]](), list[str]()

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            asked.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield steps
    with connection.cursor() as cursor:
        for sql, values in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            steps += [step for *_place, step in cursor.fetchall()]


@pytest.fixture
def sent(draft: Campaign) -> Campaign:
    launched = world.launched(draft)
    world.accepted(world.job(launched), "job-1")
    return launched


def test_who_waits_for_news_of_a_campaign_reads_none_of_its_people(
    desk: Desk, sent: Campaign
) -> None:
    with planned() as steps:
        assert desk.get("campaign-live", sent).status_code == 200
    assert any("people_stopped (campaign_id=? AND stopped=?)" in step for step in steps)
    # The index of all people; who comes next in it is read at once.
    assert not [step for step in steps if step.endswith("campaignrecipient_2 (campaign_id=?)")]


def test_a_job_is_found_by_its_id(desk: Desk, sent: Campaign) -> None:
    with planned() as steps:
        assert sent.name in desk.get("campaigns", job_id="job-1").content.decode()
    assert any("submissions_by_job (job_id=?)" in step for step in steps)


def test_what_one_person_wrote_is_found_among_all_replies(desk: Desk, front_desk: Channel) -> None:
    endpoint = WebhookEndpoint.objects.create(
        channel=front_desk, secret=Secret.of(SECRET), state="on"
    )
    with planned() as coming_in:
        say(endpoint, **wrote("STOP"))
        say(endpoint, **wrote("START"))
    with planned() as on_a_page:
        reply = Reply.objects.earliest("pk")
        address = reverse("reply", args=[front_desk.team.slug, reply.public_id])
        assert "START" in desk.client.get(address).content.decode()
    for steps in (coming_in, on_a_page):
        assert any("replies_of_a_person (team_id=? AND phone_key=?" in step for step in steps)


@pytest.mark.django_db(transaction=True)
def test_a_number_is_found_by_the_index_in_a_list_that_is_halved(
    desk: Desk, patients: RecipientList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halves, "FEWEST", 2)
    address = reverse("list-search", args=[patients.team.slug, patients.public_id])
    with planned() as steps:
        answer = desk.client.post(address, {"words": world.phones(1)[0]})
    assert "2 people" in answer.content.decode()
    assert any("(recipient_list_id=? AND phone_key=?" in step for step in steps)
    assert not [step for step in steps if "recipient_list_id=? AND id" in step]
