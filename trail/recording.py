"""Writing down an act: one INSERT, in the transaction of the act itself.

Whoever does something calls `record` beside it, so that it is written whichever way it came, and
that it is not where the act is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models, transaction

from interface import log_ids
from trail import stream
from trail.acts import Act
from trail.models import Entry
from trail.surroundings import current_door, current_visit

# Kinds of values that a row may hold beside numbers; all other are written as text.
_PLAIN = (bool, int, float, str, list, type(None))


def record(
    act: Act,
    thing: models.Model | None = None,
    *,
    by: models.Model | None = None,
    about_id: int | None = None,
    team_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down that somebody did this to `thing`.

    `by` is who did it, where that is not who is signed in; `about_id` is the person it is about;
    the team is the thing's own unless it is told. `before` and `after` hold numbers, choices and
    settings: never a person's name, number or address, nor a text that somebody wrote.
    """
    visit = current_visit()
    signed_in_id = visit.actor_id if visit else None
    entry = Entry(
        area=act.area,
        act=act,
        team_id=team_id or getattr(thing, "team_id", None),
        actor_id=by.pk if by is not None else signed_in_id,
        about_id=about_id,
        thing_kind=thing._meta.label_lower if thing is not None else "",
        thing_id=thing.pk if thing is not None else None,
        before=_plain(before),
        after=_plain(after),
        door=current_door(),
        through=visit.through if visit else "",
        address=visit.address if visit else "",
        request_id=log_ids.current().request_id,
    )
    entry.save(force_insert=True)
    if settings.TRAIL_TO_STDOUT:
        transaction.on_commit(partial(stream.tell_of, entry))


def record_change(
    act: Act,
    thing: models.Model,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    **others: Any,
) -> None:
    """Write down what differs between two states of `thing`; nothing where they are the same."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if changed:
        old = {name: before.get(name) for name in changed}
        new = {name: after.get(name) for name in changed}
        record(act, thing, before=old, after=new, **others)


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: value if isinstance(value, _PLAIN) else str(value)
        for name, value in (values or {}).items()
    }
