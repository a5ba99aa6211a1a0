"""Composer pages that are open: who writes on a draft, and which save came from which page."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaigns import Campaign
from teams.models import User


class DraftPage(models.Model):
    """A composer page that somebody has, or had, open. Forgotten some days after it was seen."""

    # No index of its own: the constraint below begins with the campaign.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="draft_pages", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Made anew whenever the page is loaded.
    page = models.UUIDField()
    # When it last said that it is open; null once it was left.
    seen_at = models.DateTimeField(null=True, blank=True)
    # The draft's version that its last save made, and the number that save had on the page.
    saved_version = models.PositiveIntegerField(null=True, blank=True)
    saved_n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "page"], name="a_page_is_known_once"),
        )

    def __str__(self) -> str:
        return f"{self.campaign} · {self.user}"
