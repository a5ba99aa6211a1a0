"""Erasing a person from a team, everywhere: begun by an owner, done in the background.

At once they are in the register of opt-outs, so that nothing more is sent to them, and they have a
tombstone. Then every row about them goes, or loses its number, name and text where something is
counted by it. A campaign that is under way keeps its row until it is over: what is handed over, and
what may have to be taken back, is told by it. At the very end the opt-out goes as well, and only
the tombstone is left of them.

Not asked for here: files that people uploaded or downloaded, which are deleted by their age.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import phonenumbers
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.audiences.position import AudiencePosition
from campaigns.models import Campaign, CampaignRecipient, RenderedText
from composer.models import SentTest
from delivery.models import Reply, WebhookEvent
from events.keeping import erase_sent, events_about
from events.models import OutgoingEvent
from history.models import FollowUp
from privacy.conditions import empty_conditions
from privacy.emptying import ROWS_AT_ONCE, erase_rows
from privacy.models import Erasure
from privacy.retention import at_rest
from privacy.tombstones import put_tombstone
from recipients import claiming
from recipients.lists import people_editing
from recipients.models import (
    FailingNumber,
    ListImport,
    ListOperation,
    OptOut,
    Recipient,
    RecipientList,
    RejectedRow,
)
from recipients.opting_out import opt_outs
from recipients.subscriber_keys import spellings_of, subscriber_key
from sending.models import Submission
from sociocs_accounts.models import NumberForTests
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

Row = TypeVar("Row", RejectedRow, WebhookEvent)

_IMPORTING = (ListImport.State.QUEUED, ListImport.State.IMPORTING)
_WORKING = (ListOperation.State.QUEUED, ListOperation.State.WORKING)
_EVENT_WAITS = OutgoingEvent.State.WAITING
_AGAIN_AFTER = timedelta(minutes=1)
# Fewer digits would be found in numbers of others.
_FEWEST_DIGITS = 7
_DIGITS = re.compile(r"\D+")


class _NotYet(Exception):
    """Something of the person came in meanwhile: once more from the beginning."""


def erasure_of(team: Team, phone: str) -> Erasure | None:
    """The person's erasure that is under way."""
    return team.erasures.filter(phone_key=subscriber_key(phone), done_at=None).first()


@transaction.atomic
def begin_erasure(team: Team, phone: str, by: User) -> Erasure:
    """Have everything about the person erased; the one under way, if there is one."""
    opt_outs.add_opt_outs(team, [phone], OptOut.Source.ERASED, by)
    tombstone = put_tombstone(team, subscriber_key(phone))
    if (under_way := erasure_of(team, phone)) is not None:
        return under_way
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                team=team, phone=phone, asked_by=by, tombstone=tombstone
            )
    except IntegrityError:
        # A colleague pressed the button in the same moment.
        return Erasure.objects.get(team=team, phone_key=subscriber_key(phone), done_at=None)
    record(Act.PERSON_ERASED, erasure, by=by)
    return erasure


def erasures_to_do() -> list[int]:
    """Ids of those that are not done, and that no worker works on."""
    return list(claiming.free(_to_do(), timezone.now()).values_list("pk", flat=True))


def erase_on(erasure_id: int) -> bool:
    """Erase what can be erased now; whether that was all."""
    claimed = claiming.claim_work(_to_do().select_related("team"), erasure_id)
    if claimed is None:
        return False
    try:
        for step in _STEPS:
            step(claimed)
            claiming.renew_claim(claimed, counts=claimed.counts)
            # What comes last is searched through once, when nothing brings more of it.
            if step is _from_replies and is_waited_for(claimed):
                raise _NotYet
        if is_waited_for(claimed):
            raise _NotYet
        _finish(claimed)
    except claiming.ClaimLost:
        return False
    except _NotYet:
        rest = timezone.now() + _AGAIN_AFTER
        claiming.held(claimed).update(claim_token=None, lease_until=rest, attempts=0)
        return False
    return True


def is_waited_for(erasure: Erasure) -> bool:
    """Whether something that brings the person along, or needs them, is not over."""
    of_team = {"team": erasure.team_id}
    return (
        campaigns_waited_for(erasure).exists()
        or ListImport.objects.filter(**of_team, state__in=_IMPORTING).exists()
        or ListOperation.objects.filter(**of_team, state__in=_WORKING).exists()
        or FollowUp.objects.filter(campaign__team=erasure.team_id, done_at=None).exists()
        or OptOut.objects.filter(_of(erasure), is_followed_up=False).exists()
        or events_of(erasure.team_id, erasure.phone).filter(state=_EVENT_WAITS).exists()
    )


def campaigns_waited_for(erasure: Erasure) -> QuerySet[Campaign]:
    """Campaigns with the person that are not over, or not for long enough."""
    rows = CampaignRecipient.objects.filter(
        campaign__team=erasure.team_id, phone_key=erasure.phone_key
    )
    return Campaign.objects.filter(pk__in=rows.values("campaign")).order_by("pk")


def _to_do() -> QuerySet[Erasure]:
    return Erasure.objects.filter(done_at=None)


def _of(erasure: Erasure) -> Q:
    return Q(team=erasure.team_id, phone_key=erasure.phone_key)


def _count(erasure: Erasure, kind: str, rows: int) -> None:
    if rows:
        erasure.counts[kind] = erasure.counts.get(kind, 0) + rows


# --- Where somebody stands ------------------------------------------------------------------------


def _from_filters(erasure: Erasure) -> None:
    """Out of conditions, while lists and campaigns still say what the person is called."""
    _count(erasure, "filters", empty_conditions(erasure, _digits_of(erasure.phone)))


def _from_lists(erasure: Erasure) -> None:
    """Out of every list of the team, also those that are put away or only kept for an undo."""
    rows = Recipient.objects.filter(
        recipient_list__team=erasure.team_id, phone_key=erasure.phone_key
    )
    # What an import fills at this moment counts its own rows; it is waited for.
    filled = ListImport.objects.filter(team=erasure.team_id, state__in=_IMPORTING)
    rows = rows.exclude(recipient_list__in=filled.values("recipient_list"))
    ids = set(rows.values_list("recipient_list", flat=True))
    for recipient_list in RecipientList.objects.filter(pk__in=ids):
        mine = rows.filter(recipient_list=recipient_list).values_list("pk", flat=True)
        _count(erasure, "lists", people_editing.remove_people(recipient_list, list(mine)))
    of_person = _of(erasure)
    _count(erasure, "failing", FailingNumber.objects.filter(of_person).delete()[0])
    spellings = spellings_of(erasure.phone)
    numbers = NumberForTests.objects.filter(team=erasure.team_id, phone__in=spellings)
    _count(erasure, "tests", numbers.delete()[0])


def _from_campaigns(erasure: Erasure) -> None:
    for campaign in at_rest(campaigns_waited_for(erasure)):
        mine = CampaignRecipient.objects.filter(campaign=campaign, phone_key=erasure.phone_key)
        _count(erasure, "campaigns", mine.count())
        with transaction.atomic():
            for position in mine.values_list("position", flat=True):
                _forget_own_text(campaign, position)
            while erase_rows(mine, fields={}):
                pass
    spellings = spellings_of(erasure.phone)
    tests = SentTest.objects.filter(campaign__team=erasure.team_id, phone__in=spellings)
    _count(erasure, "tests", tests.update(phone=""))


def _forget_own_text(campaign: Campaign, position: int) -> None:
    """Empty the text that this person alone was sent."""
    alone = {"recipient_count__lte": 1}
    number = AudiencePosition.unpack(position).text
    texts = RenderedText.objects.filter(message__campaign=campaign, number=number, **alone)
    if not texts.update(text=""):
        return
    Submission.objects.filter(
        campaign=campaign, first_position__lte=position, last_position__gte=position, **alone
    ).update(text="")


def _from_replies(erasure: Erasure) -> None:
    replies = Reply.objects.filter(_of(erasure))
    _count(erasure, "replies", replies.count())
    while erase_rows(replies, text=""):
        pass


def _from_files(erasure: Erasure) -> None:
    """Rows of files that could not be imported, wherever the number stands in them."""
    wanted = tuple(map(_national_digits, spellings_of(erasure.phone)))
    rows = RejectedRow.objects.filter(list_import__team=erasure.team_id).exclude(cells=[])
    for some in _pieces(rows):
        mine = [
            row.pk
            for row in some
            if any(_DIGITS.sub("", str(cell)).endswith(wanted) for cell in row.cells)
        ]
        _count(erasure, "rejected", RejectedRow.objects.filter(pk__in=mine).update(cells=[]))
        claiming.renew_claim(erasure)


def _from_calls(erasure: Erasure) -> None:
    """What Sociocs reported, word for word, and is still kept."""
    wanted = [phone.lstrip("+").encode() for phone in spellings_of(erasure.phone)]
    events = WebhookEvent.objects.filter(
        endpoint__channel__team=erasure.team_id, body__isnull=False
    ).exclude(outcome=WebhookEvent.Outcome.WAITING)
    for some in _pieces(events):
        bodies = [(event.pk, bytes(event.body or b"")) for event in some]
        mine = [key for key, body in bodies if any(digits in body for digits in wanted)]
        _count(erasure, "calls", WebhookEvent.objects.filter(pk__in=mine).update(body=None))
        claiming.renew_claim(erasure)


def _from_events(erasure: Erasure) -> None:
    """What the team's own systems were told of the person, word for word."""
    _count(erasure, "events", erase_sent(events_of(erasure.team_id, erasure.phone)))


def _pieces(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    after = 0
    while some := list(rows.filter(pk__gt=after).order_by("pk")[:ROWS_AT_ONCE]):
        yield some
        after = some[-1].pk


def events_of(team_id: int, phone: str) -> QuerySet[OutgoingEvent]:
    """The team's outgoing events in which somebody's number stands, however it is spelt."""
    return events_about(team_id, set(map(_national_digits, spellings_of(phone))))


def _digits_of(phone: str) -> set[str]:
    """The number as rows of digits: in every spelling, with its country's code and without."""
    spellings = spellings_of(phone)
    return {one.lstrip("+") for one in spellings} | set(map(_national_digits, spellings))


def _national_digits(phone: str) -> str:
    """The digits as they are written at home; with a country code where those are few."""
    # Not the library's own national number: of some spellings it makes another one.
    code = str(phonenumbers.parse(phone).country_code)
    digits = phone.lstrip("+").removeprefix(code).lstrip("0")
    return digits if len(digits) >= _FEWEST_DIGITS else phone.lstrip("+")


_STEPS = (
    *(_from_filters, _from_lists, _from_campaigns, _from_replies, _from_files, _from_calls),
    _from_events,
)


@transaction.atomic
def _finish(erasure: Erasure) -> None:
    """Let the opt-out go: the tombstone stands in for it from now on. Raises _NotYet."""
    entries = OptOut.objects.filter(_of(erasure))
    # Whoever brings the number back in waits for these rows, or finds the tombstone behind them.
    list(entries.select_for_update())
    entered = entries.count()
    entries.delete()
    if Recipient.objects.filter(
        recipient_list__team=erasure.team_id, phone_key=erasure.phone_key
    ).exists():
        raise _NotYet
    _count(erasure, "opt_outs", entered)
    done = {"done_at": timezone.now(), "phone": "", "counts": erasure.counts}
    if not claiming.let_go(erasure, **done):
        raise claiming.ClaimLost
