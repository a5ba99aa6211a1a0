"""Long work in the background: one worker at a time, and another one when that worker has died.

A claim is a token and a lease, written by one conditional UPDATE; the lease is renewed with the
progress. Whoever finds the token changed stops quietly. A worker that is killed lets go of nothing:
its lease ends, and the tick finds the work again.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

# Claims without any progress before work is given up: it must not kill workers for ever.
MOST_ATTEMPTS = 5
# Longer than any chunk takes; after a crash the work goes on this much later, plus one tick.
LEASE = timedelta(seconds=60)


class Work(models.Model):
    """Something that takes a worker long, for a model to be made of.

    Whoever takes such work from its worker (somebody stops it, a newer wish replaces it) also takes
    the token away.
    """

    # Claims since the last progress, this one included.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Nobody else takes it before then: a worker is at it, or it has to rest.
    lease_until = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_hopeless(self) -> bool:
        """Whether it has cost so many workers that it has to be given up."""
        return self.attempts > MOST_ATTEMPTS


AnyWork = TypeVar("AnyWork", bound=Work)


class ClaimLost(Exception):
    """Somebody stopped the work, or another worker took it over: nothing more is to be written."""


def claim_work(
    candidates: QuerySet[AnyWork], work_id: int, lease: timedelta = LEASE
) -> AnyWork | None:
    """Take the one of `candidates` with this key, or return None where another worker has it.

    `candidates`: the work that is still to be done.
    """
    token, now = uuid.uuid4(), timezone.now()
    mine = candidates.filter(pk=work_id)
    if not free(mine, now).update(
        claim_token=token, lease_until=now + lease, attempts=F("attempts") + 1
    ):
        return None
    return mine.filter(claim_token=token).first()


def free(candidates: QuerySet[AnyWork], now: datetime) -> QuerySet[AnyWork]:
    """Those that nobody works on at `now`, or whose worker died before."""
    return candidates.filter(Q(lease_until=None) | Q(lease_until__lt=now))


def held(claimed: AnyWork) -> QuerySet[AnyWork]:
    """The claimed row as long as the claim holds: through this its worker writes."""
    return type(claimed)._default_manager.filter(pk=claimed.pk, claim_token=claimed.claim_token)


def renew_claim(claimed: Work, lease: timedelta = LEASE, **progress: object) -> None:
    """Keep the work for as long again, and its progress with it. Raises ClaimLost.

    Inside a transaction, the row then stays locked for whatever else the progress is.
    """
    if not held(claimed).update(lease_until=timezone.now() + lease, **progress):
        raise ClaimLost


def let_go(claimed: Work, **outcome: object) -> bool:
    """Write the outcome, or how far it came, and give the claim up; False where it was lost."""
    return bool(held(claimed).update(claim_token=None, lease_until=None, attempts=0, **outcome))
