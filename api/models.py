"""Tokens: how programs say who they are, and what each of them may."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from api.call_models import CalledJob, KeptAnswer, StandingDay
from interface.discreet import by_number
from teams.models import Team, User

__all__ = ["ApiToken", "CalledJob", "KeptAnswer", "Scope", "StandingDay"]


class Scope(models.TextChoices):
    """What a token may be used for; never more than the role of its maker allows."""

    READ = "read", _("Read: campaigns, people, replies, reports")
    LISTS = "lists", _("Lists: create lists, add and change people, import files")
    DRAFTS = "drafts", _("Drafts: write campaigns and upload media")
    LAUNCH = "launch", _("Send: send, pause, cancel, reschedule, answer questions")
    OPT_OUTS = "opt_outs", _("Opt-outs: add people, allow messages again")
    DOOR = "door", _("Like Sociocs: send with calls made for Sociocs")


class ApiToken(models.Model):
    """A key of a program. Of its secret only the SHA-256 is kept.

    What narrows it is kept as texts and not as relations: a channel that is deleted must not leave
    a token that may use all of them.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="api_tokens")
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60)
    secret_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    # Values of `Scope`.
    scopes = models.JSONField(default=list)
    # Public ids of the channels it may use, and networks it is used from; empty: any.
    channel_ids = models.JSONField(default=list, blank=True)
    networks = models.JSONField(default=list, blank=True)
    # People it may launch for in a day, by the team's calendar; null: as the team's own limit says.
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    # Null: as the settings say.
    calls_per_minute = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # When and from where it was last written into the activity that the token is used.
    noted_at = models.DateTimeField(null=True, blank=True)
    noted_address = models.CharField(max_length=50, blank=True)
    # Calls since the minute that began then; people since the day began.
    minute_began_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveIntegerField(default=0)
    day = models.DateField(null=True, blank=True)
    people = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("API token")
        # The page of the team lists them, the newest first.
        indexes = (models.Index(fields=["team", "-created_at"], name="tokens_of_a_team"),)

    __repr__ = by_number

    def __str__(self) -> str:
        return self.name

    @property
    def scope_labels(self) -> list[str]:
        """What it may, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]
