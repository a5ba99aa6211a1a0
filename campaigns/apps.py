"""The app's configuration: names, and the checks that are made at start."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from campaigns import checks
from teams.leaving import when_a_member_leaves


class CampaignsConfig(AppConfig):
    """Campaigns, what they say, who gets them and when."""

    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        register(checks.sending_settings, Tags.compatibility)
        register(checks.durable_sqlite, Tags.database)
        register(checks.production_settings, Tags.security, deploy=True)
        when_a_member_leaves("campaigns.leaving.hand_over_drafts", "campaigns.leaving.drafts_held")
