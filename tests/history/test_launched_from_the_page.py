"""A campaign's page when the campaign is launched by its button, as nothing else was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import Campaign
from teams.models import User
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.world import job

pytestmark = pytest.mark.thorough


def test_taking_a_launch_back_leaves_a_draft(desk: Desk, draft: Campaign) -> None:
    desk.post("launch", draft, version="1", token=str(draft.public_id), confirmed_count="12")
    assert "Undo" in text_of(desk.get("campaign", draft))

    page = desk.client.post(desk.url("cancel", draft), follow=True)

    draft.refresh_from_db()
    assert draft.state == "draft"
    assert "Alice Moreau undid sending; nothing was sent" in text_of(page)


def test_resolving_an_unclear_job_over_the_real_vendor(
    channel: Any,
    sandbox: Any,
    run_tasks: Callable[[], list[str]],
    client_of: Callable[[User], Client],
) -> None:
    campaign = world.a_campaign(channel, world.a_list(channel.team, world.phones(5)))
    world.set_fault(sandbox, "job_made_no_answer")
    desk = Desk(channel.team, client_of(world.owner_of(channel.team)))
    desk.post("launch", campaign, version="1", token=str(campaign.public_id), confirmed_count="5")
    run_tasks()
    assert "May have been sent" in text_of(desk.get("campaign", campaign))

    desk.client.post(desk.url("look-again", campaign, job(campaign).public_id))
    run_tasks()

    text = text_of(desk.get("campaign-jobs", campaign))
    assert world.witness(sandbox, "/jobs")[0]["job_id"] in text
    assert "found at Sociocs by its time" in text
