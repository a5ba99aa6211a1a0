"""The steps of `history.py` that need Django: filling a team's history, and opening its pages."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, CampaignRecipient
from delivery import delivery_reports, keeping
from delivery.models import WebhookEndpoint, WebhookEvent
from history import metrics
from history.campaign_rows import Key
from recipients.lists.people import person_id
from sending import tick
from sociocs_accounts.encrypted_fields import Secret
from teams.models import Team, User
from tests import world

JOBS = 10
LOOKS = 15
# The people of a campaign that is copied for its people.
AUDIENCE = 10_000
# Two campaigns a day, so that years of them are not all in one month.
HALF_A_DAY = 12 * 60
# How each database says the same.
SAYS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "earlier": "t.%s - (n.i + %d) * interval '%d minutes'",
        "sha256": "sha256(gen_random_uuid()::text::bytea)",
        "called": "t.received_at - (%d - n.i) * interval '1 second'",
    },
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "earlier": "datetime(t.%s, '-' || ((n.i + %d) * %d) || ' minutes')",
        "sha256": "randomblob(32)",
        "called": "datetime(t.received_at, '-' || (%d - n.i) || ' seconds')",
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


def measure_growth(events: int, people: int) -> None:
    """Fill some of it, open pages, fill in the rest, open them again; print how they grew."""
    settings.ALLOWED_HOSTS = ["*"]
    team = world.a_team()
    template = world.launched(a_template(team))
    assert template.channel is not None
    endpoint = WebhookEndpoint.objects.create(channel=template.channel, secret=Secret("s" * 32))
    call = endpoint.events.create(body_sha256=b"", body=b"{}", outcome="credited")
    large = fill_people(template, people // 5)
    fill_calls(call, events // 10)
    before = pages_now(team, large)
    fill_people(template, people - people // 5)
    fill_calls(call, events - events // 10)
    after = pages_now(team, large)
    for name, took in after.items():
        print(f"{name} {before[name]:.1f} -> {took:.1f} ms")
    growth = max(took / before[name] for name, took in after.items())
    print(f"growth_ratio {growth:.2f} slowest_ms {max(after.values()):.1f}")


def fill_people(template: Campaign, count: int) -> Campaign:
    """Copy the campaign with so many people, at most AUDIENCE in each; one of the copies."""
    size = min(AUDIENCE, count)
    last = fill(template, count // size, minutes_apart=HALF_A_DAY)
    person = template.recipients.order_by("pk")[0]
    copy(
        CampaignRecipient,
        f"n CROSS JOIN {Campaign._meta.db_table} c CROSS JOIN {person._meta.db_table} t "
        f"WHERE t.id = {person.pk:d} AND c.id > {last:d}",
        size - 1,
        {
            "campaign_id": "c.id",
            "position": "t.position + n.i",
            "phone": "'+1' || (2100000000 + n.i)",
            "name": "'Person ' || n.i",
        },
    )
    return Campaign.objects.order_by("-pk")[0]


def fill_calls(call: WebhookEvent, count: int) -> None:
    """Copy a call of the vendor: one a second until now, the last tenth still with its words."""
    says, table = SAYS[connection.vendor], call._meta.db_table
    copy(
        WebhookEvent,
        f"n CROSS JOIN {table} t WHERE t.id = {call.pk:d}",
        count,
        {
            "body_sha256": says["sha256"],
            "received_at": says["called"] % count,
            "body": f"CASE WHEN n.i > {count - count // 10:d} THEN t.body END",
        },
    )


def pages_now(team: Team, large: Campaign) -> dict[str, float]:
    """The median milliseconds of each page, and of what workers look for all the time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    owner = world.owner_of(team)
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    owner.refresh_from_db()
    client = Client()
    client.force_login(owner)
    here, of_person = f"/{team.slug}", person_id(team, "+12100000007")
    pages = {
        "overview": f"{here}/",
        "calendar": f"{here}/calendar/",
        "campaigns": f"{here}/campaigns/",
        "campaign": f"{here}/campaigns/{large.public_id}/",
        "live": f"{here}/campaigns/{large.public_id}/live/",
        "people": f"{here}/campaigns/{large.public_id}/people/",
        "person": f"{here}/people/{of_person}/",
        "replies": f"{here}/replies/",
        "delivery": f"{here}/delivery/",
        "activity": f"{here}/activity/",
        "admin": reverse("admin:index"),
        "admin_calls": reverse("admin:delivery_webhookevent_changelist"),
        "admin_failed_calls": reverse("admin:delivery_webhookevent_changelist")
        + "?outcome__exact=failed",
    }
    found = {name: look(client, url, {}) for name, url in pages.items()}
    works: dict[str, Callable[[], object]] = {
        "metrics": metrics.exposition,
        "calls_waiting": delivery_reports.has_calls,
        "calls_of_long_ago": keeping.has_old,
        "bodies_of_long_ago": delivery_reports.forget_old_bodies,
        "tick": tick.tick,
    }
    return found | {name: timed(work) for name, work in works.items()}


def a_template(team: Any) -> Campaign:
    people = world.a_list(team, world.phones(JOBS))
    return world.a_campaign(world.a_channel(team), people, text="See you in spring. " * 8)


def fill(template: Campaign, count: int, minutes_apart: int = 1) -> int:
    """Copy a launched campaign, its jobs and a person for each; the last id before the copies.

    Each went out so many minutes before the one that was copied before it.
    """
    there, moments = Campaign.objects.count(), ("created_at", "send_at", "send_by")
    last = Campaign.objects.order_by("-pk")[0].pk
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
        }
        | {moment: says["earlier"] % (moment, there, minutes_apart) for moment in moments},
    )
    campaigns = f"CROSS JOIN {Campaign._meta.db_table} c"
    job = template.submissions.get()
    copy(
        type(job),
        f"n {campaigns} CROSS JOIN {job._meta.db_table} t "
        f"WHERE t.id = {job.pk:d} AND c.id > {last:d}",
        JOBS,
        {
            "public_id": says["uuid"],
            "campaign_id": "c.id",
            "planned_slot": "c.send_at",
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
        f"WHERE t.id = {person.pk:d} AND c.id > {last:d}",
        1,
        {"campaign_id": "c.id", "phone": "'+1' || (2000000000 + c.id % 5000)"},
    )
    return last


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

    def open_it() -> None:
        answer = client.get(url, query, secure=True)
        if answer.status_code != 200:
            raise SystemExit(f"{url}: {answer.status_code}")

    return timed(open_it)


def timed(work: Callable[[], Any]) -> float:
    """The median of its milliseconds."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
