"""How fast the composer answers while somebody writes: `python -m benchmarks.preview`.

A draft with one list of `--recipients` people; the fragments of the page are asked for as a browser
asks, through the whole application: the phone (a new text, the next person, somebody far behind,
a search by number), and the figures over all people with their sample. Nothing is cached between
requests. Prints percentiles of each in milliseconds, and last `preview_p95_ms P figures_p95_ms F`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.surroundings import BROWSED, durable_database, set_up_django

if TYPE_CHECKING:
    from django.test import Client

    from campaigns.models import Campaign

TEXT = "Hi {{CUSTOMER_NAME}}, {{Dentist}} expects you on {{Visit}}. Reply YES to confirm. "
Ask = Callable[[int], dict[str, str]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=200)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        durable_database("sqlite", Path(name)) as url,
    ):
        set_up_django(url, Path(name), **BROWSED)
        measure(chosen.recipients, chosen.requests)


def measure(recipients: int, requests: int) -> None:
    from django.test import Client  # noqa: PLC0415 - needs Django

    from recipients.models import Recipient  # noqa: PLC0415
    from tests import world  # noqa: PLC0415

    draft = a_draft(recipients)
    client = Client()
    client.force_login(world.owner_of(draft.team))
    keys = Recipient.objects.order_by("pk").values_list("pk", flat=True)
    first, chance = keys[0], random.Random(7)

    def anywhere() -> str:
        return str(first + chance.randrange(recipients))

    asks: dict[str, Ask] = {
        "typing": lambda n: {"text": TEXT + "x" * n, "shown": anywhere()},
        "next": lambda _n: {"text": TEXT, "person": "next", "shown": anywhere()},
        "go": lambda _n: {"text": TEXT, "person": f"go-{anywhere()}"},
        "number": lambda _n: {"person": "search", "person_words": some_number(chance, recipients)},
    }
    phone = [ask(client, draft, "preview", named, requests) for named in asks.items()]
    figures = ask(client, draft, "figures", ("figures", asks["typing"]), requests)
    worst = max(percentile(times, 95) for times in phone)
    print(f"preview_p95_ms {worst:.0f} figures_p95_ms {percentile(figures, 95):.0f}")


def a_draft(recipients: int) -> Campaign:
    """A draft with a list made in one statement; every tenth person has no dentist."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from tests import world  # noqa: PLC0415

    channel = world.a_channel(world.a_team())
    people = world.a_list(channel.team, [])
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %s - 1) "
            "INSERT INTO recipients_recipient (recipient_list_id, phone, occurrence, name, fields) "
            "SELECT %s, '+1' || (2020000000 + i), 0, 'Person ' || i, json_object('Dentist', "
            "CASE WHEN i %% 10 = 0 THEN '' ELSE 'Dr. ' || (i %% 50) END, 'Visit', '2026-04-02') "
            "FROM n",
            [recipients, people.pk],
        )
    people.field_names, people.recipient_count = ["Dentist", "Visit"], recipients
    people.save()
    return world.a_campaign(channel, people, text=TEXT)


def some_number(chance: random.Random, recipients: int) -> str:
    """Somebody's number as people type it."""
    digits = f"{2_020_000_000 + chance.randrange(recipients)}"
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def ask(
    client: Client, draft: Campaign, page: str, named: tuple[str, Ask], requests: int
) -> list[float]:
    """Milliseconds of each request."""
    from django.urls import reverse  # noqa: PLC0415 - needs Django

    from composer.drafts import content_of  # noqa: PLC0415
    from composer.forms import stored_draft  # noqa: PLC0415

    name, wanted = named
    stored = stored_draft(draft, content_of(draft))
    form = {field: value for field, value in stored.items() if value is not None}
    url, times = reverse(page, args=[draft.team.slug, draft.public_id]), []
    for n in range(requests):
        began = time.perf_counter()
        answer = client.post(url, form | wanted(n))
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or (page == "preview" and b"to Person" not in answer.content):
            raise SystemExit(f"{page} did not answer: {answer.status_code}")
    print(f"{name} p50_ms {percentile(times, 50):.0f} p95_ms {percentile(times, 95):.0f}")
    return times


def percentile(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


if __name__ == "__main__":
    main()
