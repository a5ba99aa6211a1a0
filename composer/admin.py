"""What belongs to writing a campaign, in the admin."""

from __future__ import annotations

from composer.models import (
    MediaFile,
    MessageTemplate,
    SentTest,
)
from interface.admin_mixins import show_only

# Saved messages. They are made and changed on their own pages.
show_only(
    MessageTemplate, "name folder team current used_at archived_at", search="name folder team__name"
)

# Which tests were sent, by whom, and what became of them.
show_only(
    SentTest,
    "created_at campaign user label phone outcome reason",
    filters="outcome",
    search="campaign__name =phone =message_id",
)

# What teams uploaded for messages to carry.
show_only(
    MediaFile,
    "label team kind size uploaded_by created_at",
    filters="kind",
    search="label =name team__name",
)
