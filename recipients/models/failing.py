"""Numbers that messages do not reach, as the networks said."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from interface.discreet import by_number
from recipients.subscriber_keys import key_column
from teams.models import Team


class FailingNumber(models.Model):
    """A person's number that a network could not deliver to, and how often in a row.

    Kept apart by medium: whoever is not on WhatsApp may well get an SMS. `failures` is 0 again
    when a message arrives there, or when a colleague lets the number back.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="failing_numbers", db_index=False
    )
    phone = models.CharField(max_length=16)
    phone_key = key_column()
    # A code of `sociocs_gateway.providers.Medium`.
    medium = models.CharField(max_length=10)
    failures = models.PositiveIntegerField(default=0)
    # Who said so the last time, and with which code of theirs (`delivery.provider_codes`).
    provider = models.CharField(max_length=10)
    error_code = models.CharField(max_length=40)
    failed_at = models.DateTimeField()

    class Meta:
        constraints = (
            # Also serves the question "does this number fail?" when an audience is frozen.
            models.UniqueConstraint(
                fields=["team", "phone_key", "medium"], name="a_number_fails_once_by_medium"
            ),
        )
        indexes = (
            # The page of them.
            models.Index(
                fields=["team", "id"],
                name="failing_numbers_in_order",
                condition=Q(failures__gt=0),
            ),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return self.phone
