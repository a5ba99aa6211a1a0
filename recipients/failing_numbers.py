"""Numbers that do not work: noted from the networks' reports, let back by a colleague.

A team says after how many failures in a row such a number is left out of its campaigns
(`Team.failures_until_left_out`; the selection of an audience asks); one that gets a message again
begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from recipients.models import FailingNumber
from recipients.subscriber_keys import subscriber_key
from teams.models import Team
from trail.acts import Act
from trail.recording import record

_NUMBERS_A_QUERY = 500


@dataclass(slots=True)
class NumberNews:
    """What came in of a number by one medium: how often it failed since it last worked, if ever."""

    phone: str
    failures: int = 0
    provider: str = ""
    error_code: str = ""
    failed_at: datetime | None = None
    worked_at: datetime | None = None

    def worked(self, at: datetime) -> None:
        """A message arrived there."""
        self.failures, self.worked_at = 0, at

    def failed(self, at: datetime, provider: str, error_code: str) -> None:
        """A network said that the number cannot get messages."""
        self.failures += 1
        self.failed_at, self.provider, self.error_code = at, provider, error_code


def note_numbers(team_id: int, medium: str, news: Iterable[NumberNews]) -> None:
    """Count on for the numbers that failed, and from 0 for those that work again."""
    by_key = {subscriber_key(number.phone): number for number in news}
    keys = sorted(by_key)
    for start in range(0, len(keys), _NUMBERS_A_QUERY):
        some = {key: by_key[key] for key in keys[start : start + _NUMBERS_A_QUERY]}
        _note(FailingNumber.objects.filter(team=team_id, medium=medium), team_id, medium, some)


def _note(
    known: QuerySet[FailingNumber], team_id: int, medium: str, news: dict[str, NumberNews]
) -> None:
    with transaction.atomic():
        rows = known.filter(phone_key__in=list(news)).select_for_update().order_by("pk")
        working = [row.pk for row in rows if _works_again(row, news[row.phone_key])]
        known.filter(pk__in=working).update(failures=0)
        failing = {key: number for key, number in news.items() if number.failures}
        FailingNumber.objects.bulk_create(
            (
                FailingNumber(
                    team_id=team_id,
                    medium=medium,
                    phone=number.phone,
                    provider=number.provider,
                    error_code=number.error_code,
                    failed_at=number.failed_at or timezone.now(),
                )
                for number in failing.values()
            ),
            # Known already, or noted by another worker at the same moment.
            ignore_conflicts=True,
        )
        for key, number in failing.items():
            known.filter(phone_key=key).update(
                failures=F("failures") + number.failures,
                provider=number.provider,
                error_code=number.error_code,
                failed_at=number.failed_at,
            )


def _works_again(row: FailingNumber, number: NumberNews) -> bool:
    # What is credited late may be older than the failure.
    return number.worked_at is not None and number.worked_at >= row.failed_at


def failing_numbers(team: Team) -> QuerySet[FailingNumber]:
    """The team's numbers that do not work."""
    return FailingNumber.objects.filter(team=team, failures__gt=0)


def failing_numbers_of(team: Team, phone: str) -> QuerySet[FailingNumber]:
    """The same of one person."""
    return failing_numbers(team).filter(phone_key=subscriber_key(phone)).order_by("pk")


def is_left_out(row: FailingNumber) -> bool:
    """Whether its team's campaigns leave the number out."""
    return 0 < row.team.failures_until_left_out <= row.failures


@transaction.atomic
def let_back(row: FailingNumber) -> None:
    """Send to the number again; it is left out anew only after as many further failures."""
    record(Act.NUMBER_LET_BACK, row, before={"failures": row.failures}, after={"failures": 0})
    FailingNumber.objects.filter(pk=row.pk).update(failures=0)
