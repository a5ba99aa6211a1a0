"""Recipient lists, the imports that fill them, what is made of them, opt-outs, saved filters."""

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
from recipients.models.operations import Export, ListInOperation, ListOperation

__all__ = [
    "Export",
    "FilterList",
    "ListImport",
    "ListInOperation",
    "ListOperation",
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
