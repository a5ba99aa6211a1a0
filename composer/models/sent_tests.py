"""Test sends: whom they may go to, and what became of each."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

from campaigns.models.campaigns import Campaign
from campaigns.states import Outcome
from interface.discreet import by_number
from interface.enum_columns import choice_constraint, choices
from teams.models import User

# Longer than any call takes: an answer that is not here by then will not come.
GIVEN_UP_AFTER = timedelta(minutes=3)


class SentTest(models.Model):
    """One message that somebody sent to a phone of the team's own. Never repeated by itself.

    Written before the call and completed after it, as an `Attempt` is.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="tests")
    # What the form carried: one click is one message, however often it arrives here.
    token = models.UUIDField(unique=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    label = models.CharField(max_length=100)
    phone = models.CharField(max_length=16)
    # What was tested (`readiness.content_sha256`): a launch may have to be of just that.
    content_sha256 = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=choices(Outcome), default=Outcome.OPEN)
    reason = models.CharField(max_length=60, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    # The vendor's own words when it refused; no recipients in them.
    refusal = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (choice_constraint("outcome", Outcome, "test_outcome_is_known"),)
        indexes = (
            # A campaign's latest tests.
            models.Index(fields=["campaign", "-id"], name="tests_of_a_campaign"),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return f"{self.campaign} · {self.label}"

    @property
    def is_waiting(self) -> bool:
        """Whether its answer may still come."""
        is_young = timezone.now() - self.created_at < GIVEN_UP_AFTER
        return self.outcome == Outcome.OPEN and is_young
