"""How long data is kept and who was erased, in the admin: to look at. No number is shown."""

from __future__ import annotations

from interface.admin_mixins import show_only
from privacy.models import EmptiedCampaign, Erasure, Retention, TeamDeletion

# After how many days a team's data is emptied.
show_only(
    Retention,
    "team lists_days campaigns_days replies_days rejected_days bodies_days look_at",
    search="team__name",
)

# Campaigns whose people are emptied.
show_only(EmptiedCampaign, "campaign at", search="campaign__name")

# Who had somebody erased, and when.
show_only(
    Erasure,
    "team asked_by asked_at done_at",
    filters="done_at",
    search="team__name asked_by__email",
    exclude=("phone", "tombstone", "claim_token"),
)

# Which teams were deleted, and whether all that they knew of people is gone.
show_only(TeamDeletion, "team asked_by asked_at done_at", filters="done_at", search="team__name")
