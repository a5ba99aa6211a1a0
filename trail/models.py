"""Who did what, from where and when: rows that are added and never changed.

Nobody's name, address or number stands in them, only ids: erasing a person changes none of them.
They point to rows of any app and outlive them, so no id is a foreign key.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interface.facts import Fact
from trail.acts import Area


class Door(models.TextChoices):
    """By which way an act came."""

    PAGE = "page", _("a page")
    ADMIN = "admin", _("the administration")
    TASK = "task", _("a worker")
    COMMAND = "command", _("a command on the server")
    API = "api", _("a program with a token")


class Entry(Fact):
    """One act."""

    at = models.DateTimeField(_("when"), default=timezone.now)
    area = models.CharField(_("area"), max_length=10, choices=Area.choices)
    # One of `Act`, whose sentences may change.
    act = models.CharField(_("what"), max_length=30)
    # Null: of no team, such as signing in.
    team_id = models.BigIntegerField(null=True)
    # Who did it; null: nobody who is signed in.
    actor_id = models.BigIntegerField(null=True)
    # The person whose rights or account it is about.
    about_id = models.BigIntegerField(null=True)
    # What it was done to: "recipients.recipientlist", and its number.
    thing_kind = models.CharField(max_length=60, blank=True)
    thing_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    door = models.CharField(_("through"), max_length=7, choices=Door.choices)
    # "session 5f0c…": a keyed hash, the same for all acts of a session. What comes with a token
    # says so here.
    through = models.CharField(max_length=40, blank=True)
    address = models.CharField(_("from"), max_length=50, blank=True)
    # As in the log: of the request itself, or of the one that led to the task.
    request_id = models.CharField(max_length=36, blank=True)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        # Each begins with what the page of a team is filtered by; the newest come first.
        indexes = (
            models.Index(fields=["team_id", "at"], name="trail_of_a_team"),
            models.Index(fields=["team_id", "area", "at"], name="trail_of_an_area"),
            models.Index(fields=["team_id", "actor_id", "at"], name="trail_of_an_actor"),
            models.Index(fields=["team_id", "about_id", "at"], name="trail_about_a_person"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.act}"


class Unsealed(models.Model):
    """An entry that no seal holds yet; the database itself adds it with the entry.

    So a row that is committed late is found as surely as any, and finding them costs nothing
    however long the trail is.
    """

    entry_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"#{self.entry_id}"


class Seal(Fact):
    """A link of the chain: the digests of some entries, and of the seal before.

    Who changes or deletes an entry, or a seal, has to write all later seals anew.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    # Pairs of an entry's number and its digest.
    entries = models.JSONField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"
