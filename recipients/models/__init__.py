"""Recipient lists, the imports that fill them, what is made of them, opt-outs, saved filters."""

from __future__ import annotations

from recipients.models.failing import FailingNumber
from recipients.models.filters import FilterList, SavedFilter
from recipients.models.lists import (
    OPEN_OPT_OUT_IN_SQL,
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
    open_opt_out,
)
from recipients.models.operations import Export, ListInOperation, ListOperation

__all__ = [
    "OPEN_OPT_OUT_IN_SQL",
    "Export",
    "FailingNumber",
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
    "open_opt_out",
]
