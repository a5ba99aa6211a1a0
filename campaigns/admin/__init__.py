"""Campaigns in the admin: accounts and channels are managed here, all else is looked at.

States, attempts, decisions and events are facts. Nothing here can change them: what may be done
about a campaign is done on its page, where the rules are.
"""

from __future__ import annotations

from campaigns.admin import (  # noqa: F401 - each registers its models
    accounts,
    blocks,
    campaigns,
    delivery,
    drafting,
    limits,
    schedule,
    sending,
)
