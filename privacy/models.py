"""How long a team keeps what it knows of people, and who was erased."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from interface.discreet import by_number
from recipients.claiming import Work
from recipients.subscriber_keys import key_column
from sociocs_accounts.encrypted_fields import SecretField
from teams.models import Team, User


class Retention(Work):
    """After how many days a team's data of people is emptied; null: it is kept.

    A team without a row keeps everything but the bodies of calls (`retention.retention_of`).
    """

    team = models.OneToOneField(
        Team, on_delete=models.CASCADE, primary_key=True, related_name="retention"
    )
    lists_days = models.PositiveSmallIntegerField(null=True, blank=True)
    campaigns_days = models.PositiveSmallIntegerField(null=True, blank=True)
    replies_days = models.PositiveSmallIntegerField(null=True, blank=True)
    rejected_days = models.PositiveSmallIntegerField(null=True, blank=True)
    bodies_days = models.PositiveSmallIntegerField(default=30)
    # When it is next looked at what is old enough; null: never so far.
    look_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("how long data is kept")
        verbose_name_plural = _("how long data is kept")
        # The tick: which team is due.
        indexes = (models.Index(fields=["look_at"], name="retentions_due"),)

    def __str__(self) -> str:
        return str(self.team)


class EmptiedCampaign(models.Model):
    """That a campaign's people and texts are emptied, or being so; what was sent stays counted."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="emptied"
    )
    # When it was begun: from then on others cannot leave people out by it.
    at = models.DateTimeField(auto_now_add=True)
    is_done = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("campaign without its people")

    def __str__(self) -> str:
        return str(self.campaign)


class TombstoneKey(models.Model):
    """What a team's tombstones are made with: random, and kept encrypted."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="+")
    key = SecretField()

    def __str__(self) -> str:
        return str(self.team)


class Tombstone(models.Model):
    """Somebody who was erased and must not be messaged: an HMAC of their `phone_key`, no number."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="tombstones", db_index=False
    )
    mark = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tombstone")
        constraints = (
            models.UniqueConstraint(fields=["team", "mark"], name="one_tombstone_per_person"),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"


class Erasure(Work):
    """The erasing of one person, and afterwards the record that it was done: without the number."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="erasures")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Both blank once it is done.
    phone = models.CharField(max_length=16, blank=True)
    phone_key = key_column()
    tombstone = models.ForeignKey(
        Tombstone, on_delete=models.SET_NULL, null=True, related_name="erasures"
    )
    # Rows by kind, such as {"lists": 3, "campaigns": 2}.
    counts = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("erasure")
        constraints = (
            models.UniqueConstraint(
                fields=["team", "phone_key"],
                condition=models.Q(done_at__isnull=True),
                name="a_person_is_erased_once_at_a_time",
            ),
        )
        indexes = (
            # The tick: what is still to be erased.
            models.Index(
                fields=["asked_at"], name="erasures_to_do", condition=models.Q(done_at__isnull=True)
            ),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return f"#{self.pk}"


class TeamDeletion(Work):
    """That a team was deleted, by whom, and whether all that it knew of people is gone."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="deletion")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("deleted team")
        indexes = (
            # The tick: what is still to be deleted.
            models.Index(
                fields=["asked_at"],
                name="team_deletions_to_do",
                condition=models.Q(done_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return str(self.team)
