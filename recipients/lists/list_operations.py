"""Beginning to make lists out of lists: what may be done, and the lists that it will make.

`list_filling` does the work, in the background where it takes long.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from recipients import claiming
from recipients.field_names import each_field_once
from recipients.lists.sharing import may_edit
from recipients.models import (
    ListInOperation,
    ListOperation,
    Permission,
    RecipientList,
    Visibility,
)
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

Kind, Part, State = ListOperation.Kind, ListInOperation.Part, ListOperation.State

# So many rows are done while the person waits, in well under a second.
ROWS_AT_ONCE = 5_000
MOST_LISTS = 50
LONGEST_NAME = 120


class OperationRefused(Exception):
    """Nothing was begun. `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def may_take_from(recipient_list: RecipientList, user: User) -> bool:
    """Whether people of the list may go into another one, which no withdrawal would reach.

    Not where it was lent to single colleagues to be used only.
    """
    return recipient_list.visibility == Visibility.TEAM or may_edit(recipient_list, user)


def copy(source: RecipientList, user: User, name: str) -> ListOperation:
    """Begin to copy a list. Raises OperationRefused."""
    return _begin(Kind.COPY, user, [source], {name: ""})


def merge(
    sources: Sequence[RecipientList], user: User, name: str, *, each_once: bool
) -> ListOperation:
    """Begin to put lists together in their order. Raises OperationRefused.

    `each_once`: everybody stands once, with what the first list that has it says of them, and what
    only later ones say; else every row comes along, and the same number again is a duplicate.
    """
    if len({recipient_list.pk for recipient_list in sources}) < 2:
        raise OperationRefused(_("Choose at least one other list."))
    return _begin(Kind.MERGE, user, sources, {name: ""}, each_once=each_once)


def split(
    source: RecipientList, user: User, field_name: str, values: Sequence[str]
) -> ListOperation:
    """Begin to make one list for each of a field's values, "" for who has none.

    Raises OperationRefused.
    """
    if not values:
        raise OperationRefused(_("Choose at least one value."))
    names = {_named(source.name, value or _("no value")): value for value in values}
    if len(names) < len(values):
        # Long values that begin alike.
        names = {_named(source.name, f"{n} {v}"): v for n, v in enumerate(values, 1)}
    return _begin(Kind.SPLIT, user, [source], names, field_name=field_name)


def subtract(
    source: RecipientList, without: Sequence[RecipientList], user: User, name: str
) -> ListOperation:
    """Begin to make the list of those who are on `source` and on none of `without`.

    Raises OperationRefused.
    """
    if not without:
        raise OperationRefused(_("Choose at least one list of people to leave out."))
    if source in without:
        raise OperationRefused(
            _("Choose a different list: leaving out the list itself would leave nobody.")
        )
    return _begin(Kind.SUBTRACT, user, [source], {name: ""}, without=without)


def is_small(operation: ListOperation) -> bool:
    """Whether a person may wait for it."""
    return operation.rows_total <= ROWS_AT_ONCE


def waiting_operations() -> list[int]:
    """Ids of operations that nobody works on: queued ones, and those whose worker died."""
    waiting = ListOperation.objects.filter(state__in=(State.QUEUED, State.WORKING))
    return list(claiming.free(waiting, timezone.now()).values_list("pk", flat=True))


def _begin(
    kind: ListOperation.Kind,
    user: User,
    sources: Sequence[RecipientList],
    names: dict[str, str],
    *,
    without: Sequence[RecipientList] = (),
    **details: object,
) -> ListOperation:
    """Make the operation and its lists, still invisible: one for each name, with its value."""
    if len(sources) > MOST_LISTS or len(names) > MOST_LISTS or len(without) > MOST_LISTS:
        raise OperationRefused(_("Choose up to %(n)s lists at a time.") % {"n": MOST_LISTS})
    team = sources[0].team
    with transaction.atomic():
        # A list that somebody deletes at this moment is either gone here, or waits for us.
        involved = {recipient_list.pk for recipient_list in (*sources, *without)}
        there = RecipientList.objects.for_member(team, user).filter(pk__in=involved)
        if len(there.select_for_update(of=("self",)).values_list("pk")) < len(involved):
            raise OperationRefused(
                _("One of these lists is no longer there, or no longer shared with you.")
            )
        for recipient_list in sources:
            if not may_take_from(recipient_list, user):
                raise OperationRefused(_not_theirs(recipient_list))
        operation = ListOperation.objects.create(
            team=team,
            started_by=user,
            kind=kind,
            rows_total=sum(recipient_list.row_count for recipient_list in sources),
            **details,
        )
        _note_lists(operation, sources, without, _made(team, user, sources, names))
        facts = {"kind": kind.value, "lists": len(names), "of": len(sources)}
        record(Act.LISTS_MADE_OF, sources[0], by=user, after=facts)
    return operation


def _made(
    team: Team, user: User, sources: Sequence[RecipientList], names: dict[str, str]
) -> dict[RecipientList, str]:
    fields = each_field_once(name for source in sources for name in source.field_names)
    shared = team.lists_shared and all(
        recipient_list.visibility == Visibility.TEAM for recipient_list in sources
    )
    return {
        RecipientList.objects.create(
            team=team,
            owner=user,
            name=name[:LONGEST_NAME],
            field_names=fields,
            visibility=Visibility.TEAM if shared else Visibility.PRIVATE,
            team_permission=Permission.USE,
            shared_by=user if shared else None,
        ): value
        for name, value in names.items()
    }


def _note_lists(
    operation: ListOperation,
    sources: Sequence[RecipientList],
    without: Sequence[RecipientList],
    targets: dict[RecipientList, str],
) -> None:
    parts = [(recipient_list, Part.SOURCE, "") for recipient_list in sources]
    parts += [(recipient_list, Part.WITHOUT, "") for recipient_list in without]
    parts += [(recipient_list, Part.TARGET, value) for recipient_list, value in targets.items()]
    ListInOperation.objects.bulk_create(
        ListInOperation(operation=operation, recipient_list=recipient_list, part=part, value=value)
        for recipient_list, part, value in parts
    )


def _named(name: str, value: str) -> str:
    return f"{name[: LONGEST_NAME // 2]} · {value}"[:LONGEST_NAME]


def _not_theirs(recipient_list: RecipientList) -> str:
    sentence = _("You can use “%(list)s”, but not copy it. Ask %(name)s to let you edit it.")
    return sentence % {"list": recipient_list.name, "name": recipient_list.owner}
