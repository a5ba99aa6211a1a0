"""A fingerprint of exactly who gets a campaign and with what: of every phone, name and field.

The same for a draft's people as they would be frozen and for the frozen rows, in whatever order
they are stored; another one as soon as a single cell differs, however alike the counts. So what a
second person approved is compared with what was frozen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignRecipient

# Each row's hash is added up: no order, no sorting, no more memory than one chunk. The sum is wide
# enough that rows cannot be chosen to make up for others.
_BYTES = 256
_MODULUS = 1 << (8 * _BYTES)


def of_draft(campaign: Campaign) -> str:
    """The fingerprint of the people who would be frozen now."""
    chunks = audience.chunks_of_people(campaign)
    return _digest((phone, name, fields) for rows in chunks for _key, phone, name, fields in rows)


def of_frozen(campaign: Campaign) -> str:
    """The fingerprint of the frozen people, those without a text included."""
    return _digest(_frozen_rows(campaign))


def _frozen_rows(campaign: Campaign) -> Iterator[tuple[str, str, str]]:
    rows = CampaignRecipient.objects.filter(campaign=campaign).annotate(
        raw=audience.json_as_text("fields")
    )
    after = -1
    while chunk := list(
        rows.filter(position__gt=after)
        .order_by("position")
        .values_list("position", "phone", "name", "raw")[: audience.CHUNK]
    ):
        yield from ((phone, name, raw) for _position, phone, name, raw in chunk)
        after = chunk[-1][0]


def _digest(rows: Iterable[tuple[str, str, str]]) -> str:
    total = number = 0
    for row in rows:
        # A length before each part: no two rows are written down alike.
        written = "".join(f"{len(part)}:{part}" for part in row)
        digest = hashlib.shake_256(written.encode()).digest(_BYTES)
        total = (total + int.from_bytes(digest)) % _MODULUS
        number += 1
    return hashlib.sha256(f"{number}:{total:x}".encode()).hexdigest()
