"""Whom an audience holds: lists, filters and earlier campaigns, in and out, counted and frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from campaigns.audiences import audience
from campaigns.models import (
    Campaign,
    CampaignFilter,
    CampaignList,
    CampaignRecipient,
    EarlierCampaign,
)
from campaigns.states import CampaignState
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.effort import examples
from tests.world import accepted, job

pytestmark = pytest.mark.both_databases


@pytest.fixture
def channel(db: None, quick: Settings) -> Channel:
    return world.a_channel(world.a_team())


@pytest.fixture
def team(channel: Channel) -> Team:
    return channel.team


def is_in(city: str) -> list[dict[str, Any]]:
    return [{"field": "City", "op": "is", "values": [city]}]


def a_list_with_cities(team: Team, rows: list[tuple[str, str]]) -> RecipientList:
    """A list with a row per (phone, city)."""
    made = world.a_list(team, [phone for phone, _ in rows])
    world.fill(made, "City", [city for _, city in rows])
    return made


def frozen(campaign: Campaign) -> list[str]:
    """Freeze the campaign chunk by chunk; the phones, and the counters in `campaign`."""
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.FREEZING)
    while not audience.freeze_chunk(campaign.pk):
        pass
    campaign.refresh_from_db()
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    return list(rows.values_list("phone", flat=True))


# --- Every row is accounted for, whatever is chosen -----------------------------------------------

# Two of the people are also known by another spelling of their number.
OTHER_SPELLINGS = {"+551187654321": "+5511987654321", "+541123456789": "+5491123456789"}
PHONES = [*world.phones(4), *OTHER_SPELLINGS, *OTHER_SPELLINGS.values()]
CITIES = ["London", "Leeds"]
rows = st.lists(st.tuples(st.sampled_from(PHONES), st.sampled_from(CITIES)), max_size=7)


def person_of(phone: str) -> str:
    return OTHER_SPELLINGS.get(phone, phone)


def people_by(phones: Iterable[str]) -> set[str]:
    return set(map(person_of, phones))


@dataclass
class Plan:
    """A random choice; lists are named by their number, filters by (lists, without, city)."""

    lists: list[list[tuple[str, str]]]
    lists_in: set[int] = field(default_factory=set)
    lists_out: set[int] = field(default_factory=set)
    filters_in: list[tuple[set[int], set[int], str]] = field(default_factory=list)
    filters_out: list[tuple[set[int], set[int], str]] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    recent: set[str] = field(default_factory=set)
    duplicates_allowed: bool = False

    def held(self, what: tuple[set[int], set[int], str], number: int, row: tuple[str, str]) -> bool:
        lists, without, city = what
        away = people_by(phone for n in without for phone, _ in self.lists[n])
        return number in lists and row[1] == city and person_of(row[0]) not in away

    def expected(self) -> tuple[list[str], dict[str, int]]:
        """(people who get it, people left out by reason), told in plain Python."""
        numbers = range(len(self.lists))
        left_out: dict[str, int] = {}
        people: list[str] = []
        seen: set[str] = set()
        on_lists = people_by(phone for n in self.lists_out for phone, _ in self.lists[n])
        filtered = {
            person_of(row[0])
            for what in self.filters_out
            for n in numbers
            for row in self.lists[n]
            if self.held(what, n, row)
        }
        for n in numbers:
            for row in self.lists[n]:
                if n not in self.lists_in and not any(
                    self.held(what, n, row) for what in self.filters_in
                ):
                    continue
                person = person_of(row[0])
                reasons = {
                    "duplicate": person in seen and not self.duplicates_allowed,
                    "opted_out": person in people_by(self.opted_out),
                    "excluded": person in on_lists,
                    "filtered": person in filtered,
                    "earlier_campaign": person in people_by(self.earlier),
                    "recent": person in people_by(self.recent),
                }
                seen.add(person)
                reason = next((code for code, holds in reasons.items() if holds), None)
                if reason is None:
                    people.append(person)
                else:
                    left_out[reason] = left_out.get(reason, 0) + 1
        return people, left_out


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    lists = draw(st.lists(rows, min_size=1, max_size=3))
    some = st.sets(st.sampled_from(range(len(lists))), max_size=2)
    filters = st.lists(st.tuples(some, some, st.sampled_from(CITIES)), max_size=2)
    phones = st.sets(st.sampled_from(PHONES), max_size=2)
    return Plan(
        lists,
        lists_in=draw(some),
        lists_out=draw(some),
        filters_in=[one for one in draw(filters) if not one[0] & one[1]],
        filters_out=[one for one in draw(filters) if not one[0] & one[1]],
        opted_out=draw(phones),
        earlier=draw(phones),
        recent=draw(phones),
        duplicates_allowed=draw(st.booleans()),
    )


def reached(channel: Channel, phones: set[str], launched_days_ago: int) -> Campaign | None:
    """An earlier campaign that reached these phones."""
    if not phones:
        return None
    campaign = world.launched(world.a_campaign(channel, world.a_list(channel.team, [*phones])))
    accepted(job(campaign), f"job-{campaign.pk}")
    past = timezone.now() - timedelta(days=launched_days_ago)
    campaign.submissions.update(planned_slot=past, current_attempt=None)
    Campaign.objects.filter(pk=campaign.pk).update(state="completed", finished_at=past)
    return campaign


@pytest.mark.thorough
@examples(10, HealthCheck.function_scoped_fixture)
@given(plan=plans())
def test_the_count_is_what_gets_frozen_and_the_sums_add_up(
    db: None, quick: Settings, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "CHUNK", 4)
    channel = world.a_channel(world.a_team())
    team = channel.team
    before = reached(channel, plan.earlier, launched_days_ago=30)
    reached(channel, plan.recent, launched_days_ago=2)
    for phone in {person_of(phone): phone for phone in plan.opted_out}.values():
        world.opt_out(team, phone)
    lists = [a_list_with_cities(team, one) for one in plan.lists]
    campaign = world.a_campaign(
        channel, duplicates_allowed=plan.duplicates_allowed, days_left_out=7
    )
    for kind, numbers, filters in (
        ("include", plan.lists_in, plan.filters_in),
        ("exclude", plan.lists_out - plan.lists_in, plan.filters_out),
    ):
        for n in sorted(numbers):
            CampaignList.objects.create(campaign=campaign, recipient_list=lists[n], kind=kind)
        for over, without, city in filters:
            made = world.a_filter(
                team,
                *(lists[n] for n in sorted(over)),
                without=tuple(lists[n] for n in sorted(without)),
                conditions=is_in(city),
            )
            CampaignFilter.objects.create(campaign=campaign, saved_filter=made, kind=kind)
    plan.lists_out -= plan.lists_in
    if before:
        EarlierCampaign.objects.create(campaign=campaign, earlier=before)
    people, left_out = plan.expected()

    counted = audience.count_audience(campaign)
    in_chunks = [row[1] for chunk in audience.chunks_of_people(campaign) for row in chunk]
    kept = frozen(campaign)

    assert sorted(map(person_of, kept)) == sorted(people) == sorted(map(person_of, in_chunks))
    assert campaign.frozen_count == counted.people == len(people)
    assert counted.left_out == campaign.left_out == left_out
    assert counted.rows == counted.people + counted.left_out_count
