"""Where a team's events are sent, and the events that are on their way or were."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from interface.discreet import by_number
from teams.models import Team, User


class Receiver(models.Model):
    """A system of a team's own that is told what happens, at `url`, in order.

    One in the vendor's form gets the vendor's bodies of one channel, word for word; it is made by
    the door that speaks as Sociocs does, and known there by its `reference`.
    """

    class Form(models.TextChoices):
        OWN = "own", _("Events of this dashboard")
        SOCIOCS = "sociocs", _("As Sociocs sends them")

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("a switch", "On")
        # By a person: events are kept for it and go out when it goes on.
        PAUSED = "paused", _("Paused")
        # By itself, after long failure: nothing new is kept for it.
        OFF = "off", _("Switched off")
        # The program that asked for it may no longer; one that may can ask anew.
        ENDED = "ended", _("Ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="receivers")
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=2000)
    # Signs each event (`teams.sealing`); blank only in the vendor's form.
    sealed_secret = models.TextField(blank=True, editable=False)
    form = models.CharField(max_length=10, choices=Form.choices, default=Form.OWN)
    # Values of `EventKind`; in the vendor's form those of `VENDOR_KINDS`.
    kinds = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # The number and the name of the API token that it was made with, and that it ends with.
    token_number = models.PositiveBigIntegerField(null=True, editable=False)
    token_name = models.CharField(max_length=60, blank=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    # In the vendor's form only, in the vendor's words.
    platform = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=10, blank=True)
    channel_key = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    # The vendor's status words that are wanted; none: all of them.
    status_words = models.JSONField(default=list, blank=True)

    # Its oldest event has failed so often since then; the others wait behind it.
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_try_at = models.DateTimeField(null=True, editable=False)
    reached_at = models.DateTimeField(null=True, editable=False)
    # Which worker sends at the moment; whoever stops or changes it takes the token away.
    claim_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("system that gets events")
        verbose_name_plural = _("systems that get events")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["team", "reference"],
                condition=~Q(reference=""),
                name="one_receiver_per_reference",
            ),
        )

    def __str__(self) -> str:
        return self.name


class OutgoingEvent(models.Model):
    """One event for one receiver: stored with what it tells of, sent until it arrives.

    `body` is what is sent, byte for byte. It may hold phone numbers and texts of people, and is
    blank once those are erased.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Arrived")
        GIVEN_UP = "given_up", _("Given up")

    # The same at every try: by it a receiver knows what it has already.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    receiver = models.ForeignKey(
        Receiver, on_delete=models.CASCADE, related_name="outgoing", db_index=False
    )
    kind = models.CharField(max_length=30)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    # Of the last try: the HTTP status, or else why there was none (`FetchFault`).
    status = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=20, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        indexes = (
            # A receiver's page.
            models.Index(fields=["receiver", "-id"], name="outgoing_of_receiver"),
            # What is to be sent, in order.
            models.Index(
                fields=["receiver", "id"], name="outgoing_waiting", condition=Q(state="waiting")
            ),
            # What is old.
            models.Index(fields=["created_at"], name="outgoing_by_age"),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return f"#{self.pk}"
