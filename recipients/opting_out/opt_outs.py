"""The team's register of people who do not want to be messaged. No import can clear it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import outbox
from events.kinds import EventKind
from recipients.files.spreadsheet_cells import phone_cell, safe_cell
from recipients.models import OptOut, Recipient, RecipientList
from recipients.opting_out.erased_people import erased_teller, forget_erased
from recipients.phone_numbers import Phone, PhoneReader
from recipients.subscriber_keys import subscriber_key, with_digits
from teams.access import Action
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

QUICKLY_COUNTED = 5_000
_PEOPLE_A_QUERY = 500
_ROWS_A_PIECE = 500
# What nobody has decided yet; and of whom nothing is to be told any more.
_NOT_TOLD = (OptOut.Source.UNSURE, OptOut.Source.ERASED)


class Added(NamedTuple):
    """How many people were entered, and how many had opted out before."""

    new: int
    known: int


def opted_out(team: Team, phones: Collection[str]) -> set[str]:
    """Those of `phones` (E.164) whose person has an open opt-out in the team."""
    known_keys = _open_keys(team, {subscriber_key(phone) for phone in phones})
    return {phone for phone in phones if subscriber_key(phone) in known_keys}


def _open_keys(team: Team, keys: Collection[str]) -> set[str]:
    wanted = sorted(keys)
    open_ones = OptOut.objects.open().filter(team=team)
    known_keys: set[str] = set()
    for start in range(0, len(wanted), _PEOPLE_A_QUERY):
        some = wanted[start : start + _PEOPLE_A_QUERY]
        known_keys.update(open_ones.filter(phone_key__in=some).values_list("phone_key", flat=True))
    return known_keys


def opted_out_among(team: Team) -> Callable[[list[str]], int]:
    """Counts those of some keys, at most 500, that have an open opt-out in the team."""
    open_ones = OptOut.objects.open().filter(team=team)
    is_erased = erased_teller(team)
    if is_erased is None and not open_ones.exists():
        return lambda _keys: 0

    def count(keys: list[str]) -> int:
        erased = [key for key in keys if is_erased(key)] if is_erased else []
        entered = open_ones.filter(phone_key__in=keys).exclude(phone_key__in=erased)
        return entered.count() + len(erased)

    return count


def is_quickly_counted(recipient_list: RecipientList) -> bool:
    """Whether `opted_out_count` answers at once: the list or the register is not large."""
    if recipient_list.row_count <= QUICKLY_COUNTED:
        return True
    register = OptOut.objects.open().filter(team_id=recipient_list.team_id)
    return register[: QUICKLY_COUNTED + 1].count() <= QUICKLY_COUNTED


def opted_out_count(recipient_list: RecipientList) -> int:
    """How many people of the list have opted out, each counted once."""
    register = OptOut.objects.open().filter(team_id=recipient_list.team_id)
    return Recipient.objects.filter(
        recipient_list=recipient_list, occurrence=0, phone_key__in=register.values("phone_key")
    ).count()


def add_opt_outs(
    team: Team, phones: Collection[str], source: OptOut.Source, by: User | None, note: str = ""
) -> Added:
    """Enter people by `phones` (E.164) into the register; who is surely in it stays as they are."""
    wanted = {subscriber_key(phone): phone for phone in sorted(phones, reverse=True)}
    with transaction.atomic():
        known = _open_keys(team, wanted)
        rows = (
            OptOut(team=team, phone=phone, source=source, note=note, created_by=by)
            for key, phone in sorted(wanted.items())
            if key not in known
        )
        # Two colleagues may enter the same person at the same moment.
        OptOut.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=True)
        entered = wanted.keys() - known
        if known and source != OptOut.Source.UNSURE:
            held_back = _held_back(team, known)
            entered |= {*held_back.values_list("phone_key", flat=True)}
            held_back.update(source=source, note=note, created_by=by, is_followed_up=False)
        if source not in _NOT_TOLD:
            _tell(team, [wanted[key] for key in sorted(entered)], opted_out=True)
        if by is not None and wanted:
            record(Act.OPT_OUTS_ADDED, by=by, team_id=team.pk, after={"people": len(wanted)})
    return Added(len(wanted) - len(known), len(known))


def is_of_erased(team: Team, words: str) -> bool:
    """Whether `words` are a whole number whose person was erased."""
    phone = PhoneReader(team.default_country).read(words.strip()) if words.strip() else None
    is_erased = erased_teller(team) if isinstance(phone, Phone) else None
    return bool(is_erased and isinstance(phone, Phone) and is_erased(subscriber_key(phone.e164)))


def keep_out_erased(team: Team, phones: Collection[str]) -> None:
    """Enter those of `phones` (E.164) who were erased, in the transaction that brings them in."""
    is_erased = erased_teller(team)
    back = [one for one in phones if is_erased(subscriber_key(one))] if is_erased else []
    if back:
        enter_erased(team, back)


def enter_erased(team: Team, phones: Collection[str]) -> None:
    """Enter people who came back after they had been erased."""
    keys = {subscriber_key(phone) for phone in phones}
    with transaction.atomic():
        # Whoever is being erased at this moment leaves the register only behind this.
        list(OptOut.objects.open().select_for_update().filter(team=team, phone_key__in=keys))
        add_opt_outs(team, phones, OptOut.Source.ERASED, None)
        forget_erased(team, keys)


def needed_to_lift(opt_out: OptOut) -> Action:
    """What somebody's role has to include: a STOP that people said themselves takes a sender."""
    return Action.LAUNCH if opt_out.source in OptOut.OWN_WORD else Action.EDIT_LISTS


@transaction.atomic
def lift(opt_out: OptOut, reason: str, by: User) -> bool:
    """Let the person be messaged again; the row stays, with the reason.

    False when a colleague lifted it first. Raises ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("lifting an opt-out needs a reason")
    lifted = OptOut.objects.open().filter(pk=opt_out.pk)
    if not lifted.update(
        lifted_at=timezone.now(),
        lifted_by=by,
        lifted_reason=reason.strip(),
        is_followed_up=False,
    ):
        return False
    forget_erased(opt_out.team, [opt_out.phone_key])
    _tell(opt_out.team, [opt_out.phone], opted_out=False)
    record(Act.OPT_OUT_LIFTED, opt_out, by=by)
    return True


def lift_own(team: Team, phone: str, reason: str) -> bool:
    """Lift an opt-out that the person made by their own message, because they wish it so.

    One that a colleague entered, or that the vendor reported, stays: nobody knows whether the
    person means that one too.
    """
    own = (OptOut.Source.INBOUND, OptOut.Source.NETWORK, OptOut.Source.UNSURE)
    mine = OptOut.objects.open().filter(team=team, phone_key=subscriber_key(phone), source__in=own)
    with transaction.atomic():
        lifted = mine.update(lifted_at=timezone.now(), lifted_reason=reason, is_followed_up=False)
        if lifted:
            _tell(team, [phone], opted_out=False)
    return bool(lifted)


@transaction.atomic
def let_be(team: Team, phone: str, by: User) -> bool:
    """Message somebody again whose reply was no wish to stop; False when nobody waited for that."""
    waiting = _held_back(team, [subscriber_key(phone)])
    opt_out = waiting.first()
    if opt_out is None or not waiting.update(
        lifted_at=timezone.now(),
        lifted_by=by,
        lifted_reason=OptOut.Lifted.NO_WISH,
        is_followed_up=False,
    ):
        return False
    record(Act.LET_BE, opt_out, by=by)
    return True


def _tell(team: Team, phones: Collection[str], *, opted_out: bool) -> None:
    """Have the team's own systems told, so that they know it too."""
    if phones:
        news = outbox.News()
        people = [{"phone": phone} for phone in phones]
        news.tell_of_people(team.pk, EventKind.OPT_OUT, people, {"opted_out": opted_out})
        news.store()


def _held_back(team: Team, keys: Collection[str]) -> QuerySet[OptOut]:
    return OptOut.objects.open().filter(team=team, phone_key__in=keys, source=OptOut.Source.UNSURE)


def register(team: Team, *, lifted: bool = False, words: str = "") -> QuerySet[OptOut]:
    """The team's open opt-outs, or those that were lifted; of `words`, a number or part of a note.

    A whole number may be written in any way; parts of one are compared with its digits.
    """
    rows = (OptOut.objects.lifted() if lifted else OptOut.objects.open()).filter(team=team)
    if not (words := words.strip()):
        return rows
    phone = PhoneReader(team.default_country).read(words)
    if isinstance(phone, Phone):
        return rows.filter(phone_key=subscriber_key(phone.e164))
    digits = "".join(filter(str.isdecimal, words))
    by_note = Q(note__icontains=words)
    return rows.filter(by_note | with_digits(digits)) if digits else rows.filter(by_note)


def register_csv(team: Team) -> Iterator[bytes]:
    """Yield the open opt-outs as a CSV file in pieces, oldest first; no cell is a formula."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    yield "\ufeff".encode()
    writer.writerow([_("Phone"), _("Opted out (UTC)"), _("How"), _("Note"), _("Added by")])
    rows = register(team).select_related("created_by").order_by("pk")
    for count, row in enumerate(rows.iterator(_ROWS_A_PIECE), 1):
        by = str(row.created_by) if row.created_by else ""
        since = f"{row.created_at:%Y-%m-%d %H:%M}"
        cells = (since, row.get_source_display(), row.note, by)
        writer.writerow([phone_cell(row.phone), *map(safe_cell, map(str, cells))])
        if count % _ROWS_A_PIECE == 0:
            yield piece.getvalue().encode("utf-8", errors="replace")
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode("utf-8", errors="replace")
