"""The steps of `history.py` that need Django: filling a team's history, and opening its pages."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test import Client

from campaigns.models import Campaign, CampaignRecipient
from history.campaign_rows import Key
from recipients.lists.people import person_id
from tests import world

JOBS = 10
LOOKS = 15
# How each database says the same.
SAYS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "earlier": "t.created_at - n.i * interval '1 minute'",
    },
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "earlier": "datetime(t.created_at, '-' || n.i || ' minutes')",
    },
}


def measure(count: int) -> None:
    """Fill the database and print how long its pages take."""
    settings.ALLOWED_HOSTS = ["*"]
    team = world.a_team()
    began = time.perf_counter()
    fill(world.launched(a_template(team)), count)
    print(f"filled_s {time.perf_counter() - began:.0f}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(world.owner_of(team))
    here = f"/{team.slug}/campaigns/"
    oldest = Campaign.objects.order_by("created_at", "pk")[25]
    last = {"before": str(Key(oldest.created_at, oldest.pk))}
    middle = Campaign.objects.order_by("-pk")[count // 2]
    first_ms, last_ms = look(client, here, {}), look(client, here, last)
    others = {
        "last_completed": {"status": "completed", **last},
        "text_found_nowhere": {"q": "no such words"},
        "job_id": {"job_id": f"job-{middle.pk}-3"},
        "phone": {"person": person_id(team, "+12000000007")},
        "a_day_long_ago": {"until": f"{oldest.created_at:%Y-%m-%d}"},
        "an_unknown_author": {"author": "00000000-0000-4000-8000-000000000000"},
    }
    for name, query in others.items():
        print(f"{name}_ms {look(client, here, query):.1f}")
    print(f"campaign_ms {look(client, f'{here}{middle.public_id}/', {}):.1f}")
    print(f"people_ms {look(client, f'{here}{middle.public_id}/people/', {}):.1f}")
    print(f"overview_ms {look(client, f'/{team.slug}/', {}):.1f}")
    print(f"pages_ratio {last_ms / first_ms:.2f} first_ms {first_ms:.1f} last_ms {last_ms:.1f}")


def a_template(team: Any) -> Campaign:
    people = world.a_list(team, world.phones(JOBS))
    return world.a_campaign(world.a_channel(team), people, text="See you in spring. " * 8)


def fill(template: Campaign, count: int) -> None:
    """Copy a launched campaign, its jobs and a person for each."""
    says = SAYS[connection.vendor]
    Campaign.objects.filter(pk=template.pk).update(state="completed")
    template.submissions.update(state="accepted", how="answer", job_id="job-0-0")
    copy(
        Campaign,
        f"n CROSS JOIN {Campaign._meta.db_table} t WHERE t.id = {template.pk:d}",
        count,
        {
            "public_id": says["uuid"],
            "launch_token": "NULL",
            "name": "'Campaign ' || n.i",
            "created_at": says["earlier"],
        },
    )
    campaigns = f"CROSS JOIN {Campaign._meta.db_table} c"
    job = template.submissions.get()
    copy(
        type(job),
        f"n {campaigns} CROSS JOIN {job._meta.db_table} t "
        f"WHERE t.id = {job.pk:d} AND c.id <> {template.pk:d}",
        JOBS,
        {
            "public_id": says["uuid"],
            "campaign_id": "c.id",
            "seq": "n.i",
            "first_position": "(n.i - 1) * 1000",
            "last_position": "n.i * 1000 - 1",
            "job_id": "'job-' || c.id || '-' || n.i",
        },
    )
    person = template.recipients.order_by("pk")[0]
    copy(
        CampaignRecipient,
        f"n {campaigns} CROSS JOIN {person._meta.db_table} t "
        f"WHERE t.id = {person.pk:d} AND c.id <> {template.pk:d}",
        1,
        {"campaign_id": "c.id", "phone": "'+1' || (2000000000 + c.id % 5000)"},
    )


def copy(model: type[Model], source: str, count: int, changes: Mapping[str, str]) -> None:
    """Insert rows of `t` for each `n.i` from 1 to `count`, with `changes` by column."""
    columns = [
        str(one.column)
        for one in model._meta.concrete_fields
        if not (one.primary_key or one.generated)
    ]
    values = ", ".join(changes.get(column, f"t.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
            "WITH RECURSIVE n(i) AS "
            f"(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count:d}) "
            f"SELECT {values} FROM {source}"
        )


def look(client: Client, url: str, query: Mapping[str, str]) -> float:
    """The median time in milliseconds that a page takes."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        answer = client.get(url, query, secure=True)
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{url}: {answer.status_code}")
    return statistics.median(times)
