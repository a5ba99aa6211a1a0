"""Who works on an import: one worker at a time, and another one when that worker has died.

A claim is a token and a lease, taken by one conditional UPDATE and renewed with the progress.
Whoever finds the token changed stops quietly.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from recipients.models import ListImport

# Claims without any progress before a file is given up: it must not kill workers for ever.
MOST_ATTEMPTS = 5
# Longer than any chunk takes; after a crash the import goes on this much later, plus one tick.
LEASE = timedelta(seconds=60)


def claim(
    candidates: QuerySet[ListImport], import_id: int, *states: ListImport.State
) -> ListImport | None:
    """Take an import that is in one of `states` and that nobody else works on, or return None."""
    token = uuid.uuid4()
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    taken = candidates.filter(free, pk=import_id, state__in=states).update(
        claim_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    return (
        ListImport.objects.select_related("recipient_list")
        .filter(pk=import_id, claim_token=token)
        .first()
    )


def held(claimed: ListImport, *states: ListImport.State) -> QuerySet[ListImport]:
    """The claimed import's row if the claim still holds and its state is one of `states`."""
    return ListImport.objects.filter(
        pk=claimed.pk, claim_token=claimed.claim_token, state__in=states
    )
