"""The chain: what tells afterwards whether an entry was changed, deleted or put in.

An entry is written without waiting for any other; the tick chains those that are new, some hundred
at a time. Two ticks at once want to make the same number of seal: one of them gives up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from trail import stream
from trail.models import Entry, Seal, Unsealed

ENTRIES_A_SEAL = 500


def seal_entries() -> int:
    """Chain all entries that no seal holds yet, also those committed late; return how many."""
    count = 0
    while sealed := _seal_some():
        count += sealed
    return count


def _seal_some() -> int:
    # In this order: an entry that another one seals meanwhile is in a seal after this one.
    last = Seal.objects.order_by("-number").first()
    digests = digests_of(
        Entry.objects.filter(pk__in=Unsealed.objects.values("entry_id"))
        .order_by("pk")
        .values_list("pk", flat=True)[:ENTRIES_A_SEAL]
    )
    if not digests:
        return 0
    seal = Seal(
        number=last.number + 1 if last else 1,
        previous=last.digest if last else "",
        entries=[[number, digest] for number, digest in digests.items()],
    )
    seal.digest = digest_of_seal(seal)
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
            Unsealed.objects.filter(pk__in=list(digests)).delete()
    except IntegrityError:
        # Somebody else has just made this link: they go on.
        return 0
    if settings.TRAIL_TO_STDOUT:
        stream.tell_of_seal(seal)
    return len(digests)


def digests_of(numbers: Collection[int] | Any) -> dict[int, str]:
    """The digests of these entries as they stand in the database, by number, in order."""
    rows = Entry.objects.filter(pk__in=list(numbers)).order_by("pk").values()
    return {row["id"]: _digest(row) for row in rows}


def digest_of_seal(seal: Seal) -> str:
    """The digest of what a seal holds, the digest of the one before it included."""
    return _digest({"number": seal.number, "previous": seal.previous, "entries": seal.entries})


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=_as_text)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(type(value).__name__)
