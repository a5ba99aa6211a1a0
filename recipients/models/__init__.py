"""Recipient lists, the imports that fill them, opt-outs, and saved filters over lists."""

from __future__ import annotations

from recipients.models.filters import FilterList, SavedFilter
from recipients.models.lists import (
    ListImport,
    ListShare,
    OptOut,
    Permission,
    Recipient,
    RecipientList,
    RecipientListQuerySet,
    RejectedRow,
    RememberedColumns,
    Visibility,
)

__all__ = [
    "FilterList",
    "ListImport",
    "ListShare",
    "OptOut",
    "Permission",
    "Recipient",
    "RecipientList",
    "RecipientListQuerySet",
    "RejectedRow",
    "RememberedColumns",
    "SavedFilter",
    "Visibility",
]
