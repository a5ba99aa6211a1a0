"""Whom a campaign takes or leaves out besides by lists."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaigns import Campaign, CampaignList
from recipients.models import SavedFilter


class CampaignFilter(models.Model):
    """A saved filter that a campaign takes people from, or leaves people out by."""

    Kind = CampaignList.Kind

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="filter_choices")
    saved_filter = models.ForeignKey(
        SavedFilter, on_delete=models.PROTECT, related_name="campaign_choices"
    )
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.INCLUDE)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "saved_filter"], name="a_filter_is_chosen_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign} · {self.saved_filter}"


class EarlierCampaign(models.Model):
    """A campaign whose people a later one leaves out."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="earlier_choices")
    earlier = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="later_choices")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "earlier"], name="an_earlier_campaign_is_chosen_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign} · {self.earlier}"
