"""What calls of programs leave behind: answers for repeats, and the jobs they were told of."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from campaigns.models import Campaign
from teams.models import Team


class KeptAnswer(models.Model):
    """What a call that made something was answered, for when the same call comes again.

    Of the call only digests are kept, never what it said. `answer` is null while it is being made.
    It tells of people only in conditions of a filter, out of which whoever is erased is taken.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Of the Idempotency-Key, whichever token of the team it comes with; of the token and the call
    # itself where it came without one.
    key_sha256 = models.CharField(max_length=64)
    call_sha256 = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            # Of two calls with one key, one makes something.
            models.UniqueConstraint(fields=["team", "key_sha256"], name="a_key_has_one_answer"),
        )
        # What is too old to be asked for is deleted.
        indexes = (models.Index(fields=["kept_at"], name="kept_answers_by_age"),)

    def __str__(self) -> str:
        return f"#{self.pk}"


class CalledJob(models.Model):
    """A job as a program knows it: its id answers for all jobs that its campaign becomes."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.ForeignKey("api.ApiToken", on_delete=models.CASCADE, related_name="+")
    # A single message that waits for a second person, by whose id the program takes it back.
    is_single = models.BooleanField(default=False)
    # Null: it was deleted before anybody got it.
    campaign = models.OneToOneField(
        Campaign, on_delete=models.SET_NULL, null=True, related_name="called_job"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.public_id)


class StandingDay(models.Model):
    """The campaign that a token's single messages of a day join, if they are alike but for texts.

    `content_sha256`: of their channel, media, template and sender.
    """

    token = models.ForeignKey(
        "api.ApiToken", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    content_sha256 = models.CharField(max_length=64)
    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="standing_day")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["token", "day", "content_sha256"], name="one_standing_campaign"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} #{self.campaign_id}"
