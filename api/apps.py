"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from interface.machines import open_door
from teams.leaving import when_a_member_leaves


class ApiConfig(AppConfig):
    """What programs are answered, and the tokens they come with."""

    name = "api"
    verbose_name = _("API")

    def ready(self) -> None:
        open_door("/api/", "api.rest.problems.machine_answer")
        open_door("/sociocs/", "api.sociocs_door.envelope.answers")
        when_a_member_leaves("api.tokens.end_tokens_of", "api.tokens.nothing_to_hand_over")
