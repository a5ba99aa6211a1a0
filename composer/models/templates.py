"""Saved messages that campaigns begin with, and every version that each of them has had."""

from __future__ import annotations

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models import Team, User


class MessageTemplate(models.Model):
    """A message to begin campaigns with. The whole team sees it, in its folder."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="message_templates")
    name = models.CharField(_("name"), max_length=120)
    # Blank: in no folder.
    folder = models.CharField(_("folder"), max_length=60, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # The number of the version that campaigns begin with.
    current = models.PositiveIntegerField(default=1)
    used_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["team", "folder", "name"]),)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template said at one time; never changed."""

    # No index of its own: the constraint below begins with the template.
    template = models.ForeignKey(
        MessageTemplate, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    # The columns of a campaign (`copying.content_fields`) by name.
    content = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Lists, filters and earlier campaigns (`choices.as_json`).
    choices = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["template", "number"], name="a_template_version_is_numbered_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.template} · {self.number}"
