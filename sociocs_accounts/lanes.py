"""A lane is one Sociocs account: whether anything may be sent through it now. No Django here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Sociocs names no limit; it takes so many contacts in one call of another kind.
MOST_PEOPLE_PER_JOB = 10_000


class LaneState(StrEnum):
    """A halted lane waits for a person."""

    OPEN = "open"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Lane:
    """What is known of a Sociocs account's readiness; `GatewayAccount.lane` reads and keeps it."""

    state: LaneState = LaneState.OPEN
    halt_reason: str = ""
    cool_until: datetime | None = None
    probe_needed: bool = False
    strikes: int = 0
    rate_limits: int = 0
    redirects: int = 0
