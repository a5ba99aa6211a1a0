"""Whether this installation works, and what of it does not: for `/healthz`, and for people."""

from __future__ import annotations

import os
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import Heartbeat
from campaigns.states import CampaignState, SubmissionState
from sending.models import Attempt, Submission
from sending.tick import HEARTBEAT
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount
from sociocs_accounts.troubles import Standing, Trouble

# Written by the watch of `history`, in the worker that does all that is not sending.
BACKGROUND = "background"
_ROUNDS_MISSED = 3
# Less room than this is none: a database and an upload want more.
_LEAST_ROOM = 20 * 1024 * 1024
# So long a ready job may wait for a worker that has others in hand.
_UNTOUCHED = timedelta(minutes=1)
_TROUBLE_OF_PART = {HEARTBEAT: Trouble.NO_TICK, BACKGROUND: Trouble.NO_BACKGROUND}


def is_ready() -> bool:
    """Whether pages can be answered here: the database has all tables, and files find room.

    Raises what the database raises.
    """
    return _has_all_tables() and has_room()


_with_all_tables: set[str] = set()


def _has_all_tables() -> bool:
    """What was so once is so for as long as this process lives: it does not migrate."""
    if connection.alias not in _with_all_tables:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _with_all_tables.add(connection.alias)
    Heartbeat.objects.exists()
    return True


def is_ticking() -> bool:
    """Whether the tick was seen within the last half minute (three rounds)."""
    return Heartbeat.objects.filter(part=HEARTBEAT, at__gte=Now() - _patience()).exists()


def stopped_parts() -> QuerySet[Heartbeat]:
    """The parts of this server that were seen once and not for a while."""
    return Heartbeat.objects.filter(part__in=list(_TROUBLE_OF_PART), at__lt=Now() - _patience())


def _patience() -> timedelta:
    return timedelta(seconds=_ROUNDS_MISSED * settings.TICK_SECONDS)


def troubles_to_see() -> list[Standing]:
    """What can be told although nothing works but the pages; one query.

    How long ago a part was seen goes by the database's clock, as does when it was.
    """
    is_old = ExpressionWrapper(Q(at__lt=Now() - _patience()), output_field=BooleanField())
    parts = Heartbeat.objects.filter(part__in=list(_TROUBLE_OF_PART))
    rows = parts.annotate(is_old=is_old).values_list("part", "at", "is_old")
    standing = [Standing(_TROUBLE_OF_PART[part], since=at) for part, at, is_old in rows if is_old]
    if all(part != HEARTBEAT for part, _at, _is_old in rows):
        standing.append(Standing(Trouble.NO_TICK))
    return standing + ([] if has_room() else [Standing(Trouble.NO_DISK)])


def has_room() -> bool:
    """Whether files can be stored on this machine."""
    try:
        disk = os.statvfs(settings.DATA_DIR)
    except OSError:
        return False
    has_room = disk.f_bavail * disk.f_frsize >= _LEAST_ROOM
    return has_room and not disk.f_flag & os.ST_RDONLY and os.access(settings.DATA_DIR, os.W_OK)


def accounts_that_nobody_serves() -> list[Standing]:
    """Accounts on which jobs are due and nothing is wrong, and yet no worker touches them."""
    untouched = timezone.now() - _UNTOUCHED
    due = Submission.objects.filter(
        Q(not_before=None) | Q(not_before__lte=untouched),
        account=OuterRef("pk"),
        state=SubmissionState.READY.value,
        campaign__state=CampaignState.SENDING.value,
        is_single=False,
        updated_at__lte=untouched,
    )
    rests = Q(cool_until__gt=untouched) | Q(list_trouble_at__gt=untouched)
    accounts = GatewayAccount.objects.filter(Exists(due), state=LaneState.OPEN.value)
    return [
        Standing(Trouble.NOBODY_SENDS, account_id=account_id)
        for account_id in accounts.exclude(rests).values_list("pk", flat=True)
        if not _is_served(account_id)
    ]


def _is_served(account_id: int) -> bool:
    now = timezone.now()
    lately = Attempt.objects.filter(
        account_id=account_id, slot__gte=now - _UNTOUCHED, started_at__gte=now - _UNTOUCHED
    )
    claimed = Submission.objects.filter(
        account_id=account_id, state=SubmissionState.CLAIMED.value, lease_until__gte=now
    )
    return lately.exists() or claimed.exists()
