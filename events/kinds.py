"""The kinds of events that a team may have sent to a system of its own."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What happened, as it stands in an event's `type`."""

    FINISHED = "campaign.finished", _("A campaign was sent, cancelled or missed")
    NEEDS_ANSWER = "campaign.needs_answer", _("A campaign needs an answer or an approval")
    PAUSED = "campaign.paused", _("A campaign was paused")
    REPLY = "reply.received", _("Someone replied")
    OPT_OUT = "opt_out.changed", _("Someone opted out, or can get messages again")
    REPORTED = "messages.reported", _("Messages were delivered or failed (many at a time)")
    IMPORTED = "import.finished", _("An import finished or failed")
    # Asked for by a person, and sent whatever a receiver wants.
    PING = "ping", _("A test")


CHOSEN_KINDS = [kind for kind in EventKind if kind is not EventKind.PING]
"""Those that a receiver may be chosen to get."""

PEOPLE_AN_EVENT = 500
"""So many people at most stand in one event; more are told of in several."""

# What the vendor calls what it sends, for receivers that are written for the vendor.
MESSAGES, STATUS_UPDATES = "messages", "status_updates"
VENDOR_KINDS = (MESSAGES, STATUS_UPDATES)
