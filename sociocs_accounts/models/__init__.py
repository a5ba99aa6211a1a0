"""Sociocs accounts, their channels and members, and what was used of their limits."""

from __future__ import annotations

from sociocs_accounts.models.accounts import (
    Channel,
    ChannelEvent,
    GatewayAccount,
    VendorMember,
)
from sociocs_accounts.models.call_rates import (
    CallRate,
)
from sociocs_accounts.models.test_numbers import (
    NumberForTests,
)

__all__ = [
    "CallRate",
    "Channel",
    "ChannelEvent",
    "GatewayAccount",
    "NumberForTests",
    "VendorMember",
]
