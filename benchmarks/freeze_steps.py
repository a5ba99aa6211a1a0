"""The steps of benchmarks.freeze_audience that need Django; they run in a process of their own."""
# ruff: noqa: S608 - its SQL is made of table names and numbers

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignFilter, CampaignList, EarlierCampaign
from recipients.models import FilterList, OptOut, RecipientList, SavedFilter
from sending.models import Submission
from sociocs_accounts.models import GatewayAccount
from teams.models import Team, User

CITIES = "'London', 'Leeds', 'Bath', 'York', 'Hull'"


def measured(rows: str) -> dict[str, float]:
    """Seconds of each count, freeze and floor."""
    usual, full = _arranged(int(rows))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    seconds: dict[str, float] = {}
    for kind, campaign in (("usual", usual), ("full", full)):
        began = time.perf_counter()
        counted = audience.count_audience(campaign)
        seconds[f"count_{kind}"] = time.perf_counter() - began
        began = time.perf_counter()
        while not audience.freeze_chunk(campaign.pk):
            pass
        seconds[f"freeze_{kind}"] = time.perf_counter() - began
        campaign.refresh_from_db()
        assert campaign.frozen_count == counted.people, (campaign.frozen_count, counted)
        assert campaign.left_out == counted.left_out, (campaign.left_out, counted)
        seconds[f"floor_{kind}"] = _floor(campaign.pk)
    return seconds


def _floor(campaign: int) -> float:
    """Copy the frozen rows by one statement, as those of another campaign."""
    other = Campaign.objects.create(team=Campaign.objects.get(pk=campaign).team, name="Floor")
    columns = "position, phone, occurrence, name, fields, left_out"
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(
            f"INSERT INTO campaigns_campaignrecipient (campaign_id, {columns}) "
            f"SELECT {other.pk}, {columns} FROM campaigns_campaignrecipient "
            f"WHERE campaign_id = {campaign} ORDER BY position"
        )
        return time.perf_counter() - began


def _arranged(rows: int) -> tuple[Campaign, Campaign]:
    """Two campaigns that are being prepared: the usual one, and everything at the same time."""
    team = Team.objects.create(name="Benchmark", slug="benchmark", daily_limit=None)
    owner = User.objects.create_user("owner@example.org", name="Owner")
    people = _a_list(team, owner, "People", 0, rows)
    second = _a_list(team, owner, "Second", rows // 2, rows // 5)
    booked = _a_list(team, owner, "Booked", rows // 10, rows // 20)
    OptOut.objects.bulk_create(
        OptOut(team=team, phone=f"+1202{n:08d}") for n in range(0, rows, max(rows // 10_000, 1))
    )
    now = timezone.now()
    earlier = [
        _reached(team, people, rows // 4, rows // 10, now - timedelta(days=60)),
        _reached(team, people, rows // 2, rows // 10, now - timedelta(days=2)),
    ]
    held = []
    for city, lists in (("Leeds", [second]), ("York", [people])):
        condition = {"field": "City", "op": "is", "values": [city]}
        made = SavedFilter.objects.create(
            team=team, owner=owner, name=city, conditions=[condition], visibility="team"
        )
        for one in lists:
            FilterList.objects.create(saved_filter=made, recipient_list=one)
        held.append(made)
    values = {"team": team, "created_by": owner, "state": "freezing"}
    usual = Campaign.objects.create(name="Usual", **values)
    full = Campaign.objects.create(name="Full", days_left_out=7, **values)
    CampaignList.objects.create(campaign=usual, recipient_list=second)
    for campaign in (usual, full):
        CampaignList.objects.create(campaign=campaign, recipient_list=people)
        CampaignList.objects.create(campaign=campaign, recipient_list=booked, kind="exclude")
    CampaignFilter.objects.create(campaign=full, saved_filter=held[0])
    CampaignFilter.objects.create(campaign=full, saved_filter=held[1], kind="exclude")
    EarlierCampaign.objects.create(campaign=full, earlier=earlier[0])
    return usual, full


def _a_list(team: Team, owner: User, name: str, first: int, size: int) -> RecipientList:
    """A list whose rows the database makes by itself."""
    made = RecipientList.objects.create(
        team=team, owner=owner, name=name, is_ready=True, recipient_count=size, field_names=["City"]
    )
    table = "recipients_recipient (recipient_list_id, phone, occurrence, name, fields)"
    if connection.vendor == "postgresql":
        row = (
            f"{made.pk}, '+1202' || lpad(n::text, 8, '0'), 0, 'Person ' || n, "
            f"jsonb_build_object('City', (ARRAY[{CITIES}])[n % 5 + 1], 'Note', 'note ' || (n % 97))"
        )
        numbers = f"generate_series({first}, {first + size - 1}) AS n"
        statement = f"INSERT INTO {table} SELECT {row} FROM {numbers}"
    else:
        city = f"json_extract(json_array({CITIES}), '$[' || (n % 5) || ']')"
        row = (
            f"{made.pk}, '+1202' || substr('00000000' || n, -8), 0, 'Person ' || n, "
            f"json_object('City', {city}, 'Note', 'note ' || (n % 97))"
        )
        numbers = (
            f"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL "
            f"SELECT n + 1 FROM numbers WHERE n < {first + size - 1}) "
        )
        statement = f"INSERT INTO {table} {numbers} SELECT {row} FROM numbers"
    with connection.cursor() as cursor:
        cursor.execute(statement)
    return made


def _reached(team: Team, people: RecipientList, first: int, size: int, at: datetime) -> Campaign:
    """A campaign that reached some people of a list, job by job."""
    campaign = Campaign.objects.create(
        team=team, name="Earlier", state="completed", send_at=at, finished_at=at, frozen_count=size
    )
    account, _ = GatewayAccount.objects.get_or_create(label="Benchmark", api_key_sha256="0")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_campaignrecipient "
            "(campaign_id, position, phone, occurrence, name, fields, left_out) "
            f"SELECT {campaign.pk}, ROW_NUMBER() OVER (ORDER BY id) - 1, phone, 0, name, "
            "fields, '' "
            f"FROM recipients_recipient WHERE recipient_list_id = {people.pk} "
            f"ORDER BY id LIMIT {size} OFFSET {first}"
        )
    Submission.objects.bulk_create(
        Submission(
            campaign=campaign,
            account=account,
            seq=seq,
            first_position=start,
            last_position=min(start + 1000, size) - 1,
            recipient_count=min(1000, size - start),
            state="accepted",
            how="answer",
            planned_slot=at,
        )
        for seq, start in enumerate(range(0, size, 1000), start=1)
    )
    return campaign
