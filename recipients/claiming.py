"""Who works on something long: one worker at a time, and another one when that worker has died.

An import, an operation on lists and an export are claimed alike.

A claim is a token and a lease, taken by one conditional UPDATE and renewed with the progress.
Whoever finds the token changed stops quietly.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from recipients.models import Export, ListImport, ListOperation

Work = TypeVar("Work", ListImport, ListOperation, Export)

# Claims without any progress before work is given up: it must not kill workers for ever.
MOST_ATTEMPTS = 5
# Longer than any chunk takes; after a crash the import goes on this much later, plus one tick.
LEASE = timedelta(seconds=60)


def claim(candidates: QuerySet[Work], work_id: int, *states: str) -> Work | None:
    """Take what is in one of `states` and what nobody else works on, or return None."""
    token, now = uuid.uuid4(), timezone.now()
    taken = free(candidates, now).filter(pk=work_id, state__in=states)
    if not taken.update(claim_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    return candidates.model._default_manager.filter(pk=work_id, claim_token=token).first()


def free(candidates: QuerySet[Work], now: datetime) -> QuerySet[Work]:
    """Those that nobody works on at `now`, or whose worker died before."""
    return candidates.filter(Q(lease_until=None) | Q(lease_until__lt=now))


def held(claimed: Work, *states: str) -> QuerySet[Work]:
    """The claimed row if the claim still holds and its state is one of `states`."""
    return type(claimed)._default_manager.filter(
        pk=claimed.pk, claim_token=claimed.claim_token, state__in=states
    )
