"""Whom test sends may go to."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from interface.discreet import by_number
from teams.models import Team, User


class NumberForTests(models.Model):
    """A number to which a team's members may send tests, chosen by an owner."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="numbers_for_tests")
    label = models.CharField(_("whose phone it is"), max_length=100)
    phone = models.CharField(_("number"), max_length=16)
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("label", "pk")
        constraints = (
            models.UniqueConstraint(fields=["team", "phone"], name="a_test_number_is_there_once"),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return self.label
