"""A new campaign for those whom an earlier one did not reach."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from recipients.claiming import Work
from recipients.models import RecipientList
from teams.models import User


class FollowUp(Work):
    """Gathering the people whom a campaign did not reach into a list, for a draft that uses it.

    The list is filled piece by piece; `after_position` is committed with each, so that a killed
    worker's successor goes on where it was. The draft is made when the list is whole.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="follow_ups")
    # Codes of `followups.FollowUpGroup`: whom it is for.
    groups = models.JSONField()
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    draft = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, related_name="+")
    after_position = models.BigIntegerField(default=-1)
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    # Null while people are being gathered.
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            # The tick: what is still to be gathered.
            models.Index(
                fields=["asked_at"], name="follow_ups_to_do", condition=Q(done_at__isnull=True)
            ),
        )
        constraints = (
            # Pressing twice gathers once.
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(done_at__isnull=True),
                name="one_follow_up_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign}"
