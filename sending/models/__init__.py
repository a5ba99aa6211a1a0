"""Jobs, the attempts at them, what people decided, and how many people each day has had.

States change only through `sending.moves` (guarded by `sending.protocol`); attempts and decisions
are facts, never edited or deleted.
"""

from __future__ import annotations

from sending.models.approvals import Approval
from sending.models.limits import (
    DayTotal,
)
from sending.models.submissions import (
    GONE_IN_QUESTION,
    Attempt,
    Decision,
    Submission,
    uuid7,
    with_job_ids,
)

__all__ = [
    "GONE_IN_QUESTION",
    "Approval",
    "Attempt",
    "DayTotal",
    "Decision",
    "Submission",
    "uuid7",
    "with_job_ids",
]
