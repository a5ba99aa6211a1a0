"""Saved filters: people of one or several lists by what their fields hold."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recipients.models.lists import RecipientList, Visibility
from teams.models import Team, User


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    """Filters as a person may see them."""

    def for_member(self, team: Team | int, user: User | int) -> SavedFilterQuerySet:
        """The team's filters that `user` may see, and whose lists they may all use."""
        usable = RecipientList.objects.for_member(team, user).values("pk")
        with_others = FilterList.objects.exclude(recipient_list__in=usable).values("saved_filter")
        return self.visible_to(team, user).exclude(pk__in=with_others)

    def visible_to(self, team: Team | int, user: User | int) -> SavedFilterQuerySet:
        """The team's filters that are `user`'s own or shared with them, whatever their lists."""
        lent = SavedFilter.lent_to.through.objects.filter(user=user).values("savedfilter")
        shared = Q(visibility=Visibility.TEAM) | Q(visibility=Visibility.NAMED, pk__in=lent)
        return self.filter(Q(owner=user) | shared, team=team, archived_at=None)


class SavedFilter(models.Model):
    """Named conditions over lists. Evaluated anew whenever it is used, never a list of people."""

    class Match(models.TextChoices):
        ALL = "all", _("all of these")
        ANY = "any", _("any of these")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="saved_filters")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="saved_filters")
    name = models.CharField(_("name"), max_length=120)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    # Whom it is lent to while `visibility` is NAMED.
    lent_to = models.ManyToManyField(User, related_name="+", blank=True)
    match = models.CharField(max_length=3, choices=Match.choices, default=Match.ALL)
    # In their order: [{"field": "City", "op": "is", "values": ["London"]}] (`conditions.Condition`)
    conditions = models.JSONField(default=list, blank=True)
    # Whether 3/4/2026 in a cell is the third of April.
    day_first = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # Deleted for people: campaigns that were sent with it still name it.
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        # The page of filters: a team's, newest first.
        indexes = (models.Index(fields=["team", "-created_at"]),)

    def __str__(self) -> str:
        return self.name


class FilterList(models.Model):
    """A list that a filter takes people from, or whose people it leaves out (`is_without`)."""

    # No index of its own: the constraint below begins with the filter.
    saved_filter = models.ForeignKey(
        SavedFilter, on_delete=models.CASCADE, related_name="list_choices", db_index=False
    )
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.CASCADE, related_name="filter_choices"
    )
    is_without = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["saved_filter", "recipient_list"], name="a_filter_names_a_list_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.saved_filter} · {self.recipient_list}"
