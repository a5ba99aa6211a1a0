"""What tells the sample from what people make: its public ids are names (UUID version 5).

Whatever else the product makes has a random one (version 4), so no column is needed for it.
"""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("5f2c9a10-7f0d-4c5e-9a43-0d9f6f1d8b21")
# Of one kind there are never more.
_AT_MOST = 300


def sample_id(kind: str, number: int) -> UUID:
    """The public id of the sample's how-manieth of that kind, from 1."""
    return uuid5(_NAMESPACE, f"{kind} {number}")


def sample_ids(kind: str) -> list[UUID]:
    """All that the sample's of that kind may have."""
    return [sample_id(kind, number) for number in range(1, _AT_MOST + 1)]
