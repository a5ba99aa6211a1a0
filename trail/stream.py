"""The trail on the standard output, a line of JSON for each act, for whoever gathers logs.

What stood there before and after is told by its names alone, so that no setting, and no name that
stands in one, leaves the database.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC

from trail.models import Entry, Seal

_log = logging.getLogger("trail.stream")


def tell_of(entry: Entry) -> None:
    """One line for an entry that is committed."""
    line = {
        "entry": entry.pk,
        "at": entry.at.astimezone(UTC).isoformat(),
        "act": entry.act,
        "team": entry.team_id,
        "actor": entry.actor_id,
        "about": entry.about_id,
        "thing": entry.thing_kind,
        "thing_id": entry.thing_id,
        "changed": sorted({*entry.before, *entry.after}),
        "door": entry.door,
        "through": entry.through,
        "address": entry.address,
        "request": entry.request_id,
    }
    _log.info(json.dumps(line))


def tell_of_seal(seal: Seal) -> None:
    """One line for a link of the chain: what `check_trail --expect` compares."""
    _log.info(json.dumps({"seal": f"{seal.number}:{seal.digest}", "entries": len(seal.entries)}))
