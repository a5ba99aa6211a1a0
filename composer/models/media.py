"""Files that a team put on this server, or into its bucket, for messages to carry."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import MediaKind
from teams.models import Team, User


class MediaFile(models.Model):
    """An uploaded file: public for whoever knows its name, which nobody can guess."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="media_files")
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # What its uploader called it; shown to the team only.
    label = models.CharField(_("name"), max_length=200)
    # What it is called in the store and in its address.
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=5, choices=MediaKind.choices)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # The media page: a team's files, newest first.
        indexes = (models.Index(fields=["team", "-id"], name="media_files_of_a_team"),)

    def __str__(self) -> str:
        return self.label

    @property
    def url(self) -> str:
        """The public address, as the provider fetches it."""
        return f"{settings.MEDIA_BASE_URL}/{self.name}"
