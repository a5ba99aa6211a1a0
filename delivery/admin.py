"""What became of campaigns, in the admin: to look at, never to change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from delivery.models import (
    BlockCheck,
    Reply,
    SentMessage,
    VendorBlock,
    WebhookEndpoint,
    WebhookEvent,
)
from interface.admin_mixins import show_only

# On which channels the vendor reports. Their secrets are shown to nobody.
show_only(
    WebhookEndpoint,
    "channel state reason unattributed_count last_event_at",
    filters="state",
    search="channel__label",
    exclude=("secret", "other_secret"),
)

# The calls the vendor made.
show_only(
    WebhookEvent,
    "id endpoint outcome received_at",
    filters="outcome",
    exclude=("body", "body_sha256"),
)

# How far single messages got. Searched by the vendor's whole id: the table is huge.
show_only(
    SentMessage,
    "message_id channel status error_code campaign changed_at",
    filters="status",
    search="message_id__exact",
    search_help_text=_("The whole message id of Sociocs"),
)

# What people wrote back.
show_only(
    Reply,
    "phone channel campaign wish sent_at",
    filters="wish",
    search="phone__exact",
    search_help_text=_("The whole number, as +14155552671"),
)

# What the vendor was asked about people who opted out.
show_only(
    VendorBlock,
    "opt_out account is_block state reason tries updated_at",
    filters="state is_block account",
    search="opt_out__phone__exact",
)

# Lists whose people the vendor is asked about.
show_only(
    BlockCheck,
    "recipient_list account state asked total found created_at",
    filters="state account",
    search="recipient_list__name asked_by__email",
)
