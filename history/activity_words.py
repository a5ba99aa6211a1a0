"""Entries of the trail in words: names are looked up when somebody reads them, for that reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recipients.models import ListImport, RecipientList, SavedFilter
from teams.models import Role, Team, User
from trail.acts import Act
from trail.models import Door, Entry

# What may be named, and by which of its columns. Of lists and filters those that the reader may
# see: see `_readable`.
_NAMED = {
    "api.apitoken": "name",
    "campaigns.campaign": "name",
    "campaigns.whatsapptemplate": "name",
    "composer.mediafile": "label",
    "events.receiver": "name",
    "composer.messagetemplate": "name",
    "recipients.recipientlist": "name",
    "recipients.savedfilter": "name",
    "sociocs_accounts.channel": "label",
    "sociocs_accounts.gatewayaccount": "label",
    "sociocs_accounts.numberfortests": "label",
    "teams.team": "name",
}
# Values that are people.
_PEOPLE = {"heir", "owner", "user"}
_WORDS = {
    "action": gettext_lazy("what for"),
    "calls_per_minute": gettext_lazy("calls a minute"),
    "channels": gettext_lazy("channels"),
    "people_per_job": gettext_lazy("people in a job"),
    "expires_at": gettext_lazy("works until"),
    "networks": gettext_lazy("addresses"),
    "reason": gettext_lazy("why"),
    "scopes": gettext_lazy("may"),
    "answer": gettext_lazy("answer"),
    "entries": gettext_lazy("entries"),
    "format": gettext_lazy("format"),
    "heir": gettext_lazy("goes to"),
    "is_active": gettext_lazy("may sign in"),
    "is_staff": gettext_lazy("may open the administration"),
    "is_superuser": gettext_lazy("may do everything in the administration"),
    "email": gettext_lazy("e-mail address"),
    "phone": gettext_lazy("mobile number"),
    "people": gettext_lazy("people"),
    "role": gettext_lazy("role"),
    "seq": gettext_lazy("job"),
    "team_permission": gettext_lazy("the team may"),
    "unknown_account": gettext_lazy("an address that has no account; its mark"),
    "visibility": gettext_lazy("who may use it"),
    "language": gettext_lazy("language"),
    "category": gettext_lazy("category"),
    "status": gettext_lazy("status"),
    "header_kind": gettext_lazy("on top"),
    "account": gettext_lazy("account"),
    "before": gettext_lazy("before"),
    "bytes": gettext_lazy("bytes"),
    "daily_limit": gettext_lazy("daily limit"),
    "failures": gettext_lazy("failures"),
    "kind": gettext_lazy("kind"),
    "kinds": gettext_lazy("kinds"),
    "row": gettext_lazy("row"),
    "sessions": gettext_lazy("sessions"),
    "version": gettext_lazy("version"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as it is shown: a sentence, what changed, and by which way it came."""

    entry: Entry
    sentence: str
    changes: list[str]
    door: str


@dataclass(frozen=True, slots=True)
class _Names:
    people: Mapping[int, str]
    things: Mapping[tuple[str, int | None], str]

    def person(self, number: Any) -> str:
        return self.people.get(number) or _("someone who is gone")

    def thing(self, entry: Entry) -> str:
        known = self.things.get((entry.thing_kind, entry.thing_id))
        return known or _("something that is gone or not yours to see")


def told_entries(entries: Iterable[Entry], reader: User | None = None) -> list[Told]:
    """The entries in words, as `reader` may have them; None: as whoever runs the server."""
    rows = list(entries)
    names = _Names(_people_in(rows), _things_in(rows, reader))
    return [_told(entry, names) for entry in rows]


def _told(entry: Entry, names: _Names) -> Told:
    words = {
        "who": names.person(entry.actor_id) if entry.actor_id else _nobody(entry),
        "about": names.person(entry.about_id) if entry.about_id else _("someone unknown"),
        "thing": names.thing(entry),
    }
    known = entry.act in set(Act.values)
    sentence = str(Act(entry.act).label) % words if known else entry.act
    door = str(Door(entry.door).label)
    return Told(entry, sentence, list(_changes(entry, names)), door)


def _nobody(entry: Entry) -> str:
    if entry.door in {Door.COMMAND, Door.TASK}:
        return _("This server")
    return _("Someone who was not signed in")


def _changes(entry: Entry, names: _Names) -> Iterable[str]:
    team_fields = {field.name: field.verbose_name for field in Team._meta.fields}
    for name in {**entry.before, **entry.after}:
        label = _WORDS.get(name) or team_fields.get(name) or name.replace("_", " ")
        if name.startswith("person "):
            label = names.person(int(name.removeprefix("person ")))
        before, after = (
            _value(name, state.get(name), names) for state in (entry.before, entry.after)
        )
        if name in entry.before and name in entry.after:
            yield f"{label}: {before} → {after}"
        else:
            yield f"{label}: {after if name in entry.after else before}"


def _value(name: str, value: Any, names: _Names) -> str:
    if value is None or value == "":
        return _("nothing")
    if value is True or value is False:
        return _("yes") if value else _("no")
    if name in _PEOPLE:
        return names.person(value)
    if name == "role" and value in Role.values:
        return Role(value).word
    if value == "changed":
        return _("changed")
    return str(localize(value)) if isinstance(value, int | float) else str(value)


def _people_in(entries: Iterable[Entry]) -> dict[int, str]:
    ids: set[Any] = set()
    for entry in entries:
        ids |= {entry.actor_id, entry.about_id}
        for state in (entry.before, entry.after):
            ids |= {value for name, value in state.items() if name in _PEOPLE}
            ids |= {int(name.split()[1]) for name in state if name.startswith("person ")}
    people = User.objects.filter(pk__in=ids - {None})
    return {person.pk: str(person) for person in people}


def _things_in(entries: Iterable[Entry], reader: User | None) -> dict[tuple[str, int | None], str]:
    by_kind: dict[str, set[int | None]] = {}
    for entry in entries:
        if entry.thing_kind in _NAMED:
            by_kind.setdefault(entry.thing_kind, set()).add(entry.thing_id)
    return {
        (kind, pk): name
        for kind, ids in by_kind.items()
        for pk, name in _readable(apps.get_model(kind), reader)
        .filter(pk__in=ids)
        .values_list("pk", _NAMED[kind])
    }


def _readable(model: type[Model], reader: User | None) -> QuerySet[Any]:
    """The rows of a kind whose names this reader may know: a private list's is its owner's."""
    rows = model._default_manager.all()
    if reader is None or model not in {RecipientList, SavedFilter, ListImport}:
        return rows
    lent = "lent_to" if model is SavedFilter else "shares__user"
    return (
        rows.filter(visibility="team") | rows.filter(owner=reader) | rows.filter(**{lent: reader})
    )
