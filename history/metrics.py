"""What Prometheus reads at `/metrics`: how this installation is, without a word of anybody.

Asked of the database at each visit, so that it is the same whichever process answers; but for the
times of requests, which each web process counts and all of them share (`interface.request_times`).
Labels are states, codes and parts: never a team, a name, a number or an address.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from campaigns.models import Campaign, Heartbeat
from campaigns.moves import database_now
from campaigns.states import FINISHED, CampaignState, Outcome, SubmissionState
from delivery.models import WebhookEvent
from interface import request_times
from recipients.models import ListImport
from sending.models import Attempt, Submission
from sociocs_accounts.halt_words import HALTS
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount, SeenTrouble
from sociocs_accounts.troubles import Trouble

_LATELY = timedelta(minutes=15)
# Where rows of these states would be counted, their number only ever grows.
_AT_REST = {CampaignState.DRAFT, *FINISHED}
_OPEN_JOBS = [
    SubmissionState.PLANNED,
    SubmissionState.READY,
    SubmissionState.CLAIMED,
    SubmissionState.POSTING,
    SubmissionState.UNKNOWN,
    SubmissionState.REVOKING,
]


def exposition() -> bytes:
    """All of it in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Installation())
    request_times.add_to(registry)
    return generate_latest(registry)


class _Installation(Collector):
    """Asks anew at each visit."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _database()
        now = database_now()
        yield _ticks(now)
        yield from _campaigns_and_jobs(now)
        yield from _accounts(now)
        yield from _reports(now)
        yield from _imports()
        yield _gauge(
            "campaigns_disk_free_bytes",
            "Room for uploaded files on this machine.",
            shutil.disk_usage(settings.DATA_DIR).free,
        )


def _database() -> Iterator[GaugeMetricFamily]:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        seconds = time.perf_counter() - began
        waiting = 0
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            waiting = cursor.fetchone()[0]
    yield _gauge("campaigns_database_seconds", "How long a question to it takes.", seconds)
    yield _gauge("campaigns_database_waiting", "Connections that wait for another's lock.", waiting)


def _ticks(now: datetime) -> GaugeMetricFamily:
    seen = dict(Heartbeat.objects.values_list("part", "at"))
    ages = dict.fromkeys(settings.TICKS, float("inf"))
    for app in settings.TICKS:
        if at := seen.get(f"{app}.tick"):
            ages[app] = (now - at).total_seconds()
    return _by("campaigns_tick_age_seconds", "Since when an app's tick was not seen.", "app", ages)


def _campaigns_and_jobs(now: datetime) -> Iterator[GaugeMetricFamily]:
    moving = [state.value for state in CampaignState if state not in _AT_REST]
    yield _by_column(
        "campaigns_campaigns",
        "Campaigns that are neither drafts nor finished.",
        "state",
        Campaign.objects.filter(state__in=moving),
        moving,
    )
    open_jobs = [state.value for state in _OPEN_JOBS]
    jobs = Submission.objects.filter(state__in=open_jobs, campaign__state__in=moving)
    yield _by_column("campaigns_jobs", "Jobs that are not at rest.", "state", jobs, open_jobs)
    oldest = jobs.filter(state=SubmissionState.UNKNOWN.value).order_by("updated_at")
    yield _age(
        "campaigns_oldest_unknown_seconds",
        "Since when the oldest job is without a clear answer.",
        oldest.values_list("updated_at", flat=True).first(),
        now,
    )


def _accounts(now: datetime) -> Iterator[GaugeMetricFamily]:
    states = [state.value for state in LaneState]
    accounts = GatewayAccount.objects.all()
    yield _by_column("campaigns_accounts", "Accounts at Sociocs.", "state", accounts, states)
    yield _gauge(
        "campaigns_accounts_resting",
        "Accounts that rest because Sociocs asked for it.",
        accounts.filter(cool_until__gt=now).count(),
    )
    lately = Attempt.objects.filter(
        account__in=list(accounts.values_list("pk", flat=True)), slot__gte=now - _LATELY
    )
    yield _by_column(
        "campaigns_attempts_lately",
        "Calls that hand over a job whose second is not over for 15 minutes.",
        "outcome",
        lately,
        [outcome.value for outcome in Outcome],
    )
    yield _by_column(
        "campaigns_troubles",
        "Why something does not move.",
        "code",
        SeenTrouble.objects.filter(over_at=None),
        [*map(str, Trouble), *HALTS],
    )


def _reports(now: datetime) -> Iterator[GaugeMetricFamily]:
    waiting = WebhookEvent.objects.filter(outcome=WebhookEvent.Outcome.WAITING).order_by("pk")
    yield _gauge(
        "campaigns_webhook_calls_waiting", "Calls kept and not worked through.", waiting.count()
    )
    yield _age(
        "campaigns_webhook_lag_seconds",
        "Since when the oldest of them waits.",
        waiting.values_list("received_at", flat=True).first(),
        now,
    )


def _imports() -> Iterator[GaugeMetricFamily]:
    state = ListImport.State
    going_on = [state.CHECKING.value, state.QUEUED.value, state.IMPORTING.value]
    imports = ListImport.objects.filter(state__in=going_on)
    yield _by_column(
        "campaigns_imports", "Files being read or imported.", "state", imports, going_on
    )
    rows = imports.aggregate(rows=Sum("rows_done"))["rows"]
    yield _gauge("campaigns_import_rows_done", "Rows of those files done so far.", rows or 0)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)


def _age(name: str, says: str, since: datetime | None, now: datetime) -> GaugeMetricFamily:
    return _gauge(name, says, max((now - since).total_seconds(), 0) if since else 0)


def _by(name: str, says: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _by_column(
    name: str, says: str, column: str, rows: Any, words: Iterable[str]
) -> GaugeMetricFamily:
    """How many of the rows have which value; 0 for those that none has."""
    counts = dict(rows.order_by().values_list(column).annotate(n=Count("pk")))
    return _by(name, says, column, {word: counts.get(word, 0) for word in words})
