"""The vendor's own switch for people who opted out: blocked by choice, taken back by choice.

The register of opt-outs alone decides who is left out of campaigns; a block is a second lock at the
vendor, for whoever else sends through the same account. A call may be made again without harm
(Sociocs API, /api/contacts/block), so one without a clear answer is repeated, and then shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from delivery.models import VendorBlock
from recipients.models import OptOut, open_opt_out
from sociocs_accounts import clients
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import (
    AuthenticationFailed,
    GatewayError,
    Misconfigured,
    OutcomeUnknown,
    Reason,
    TryLater,
)
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

State = VendorBlock.State

PEOPLE_A_TASK = 50
SECONDS_A_TASK = 60
MOST_TRIES = 5
# Longer than one call may take: another worker may ask again then.
_CLAIM = timedelta(minutes=5)
_FIRST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True)
class Standing:
    """How many people of a team's register are in which state at one account."""

    account: GatewayAccount
    not_asked: int
    waiting: int
    blocked: int
    unclear: int
    failed: int
    # Blocked there, although nobody who uses the account has them as opted out any more.
    to_take_back: int

    @property
    def to_ask(self) -> int:
        """People whom pressing the button asks about."""
        return self.not_asked + self.unclear + self.failed


def channel_accounts(team: Team) -> QuerySet[GatewayAccount]:
    """The accounts the team's channels use."""
    return GatewayAccount.objects.filter(channels__team=team).distinct().order_by("pk")


def standings(team: Team) -> Iterator[Standing]:
    """One for each of the team's accounts."""
    for account in channel_accounts(team):
        open_ones = open_opt_out("opt_out__") & Q(is_block=True)
        counts = VendorBlock.objects.filter(account=account, opt_out__team=team).aggregate(
            waiting=Count("opt_out", Q(state=State.WAITING), distinct=True),
            blocked=Count("opt_out", open_ones & Q(state=State.DONE), distinct=True),
            unclear=Count("opt_out", open_ones & Q(state=State.UNCLEAR), distinct=True),
            failed=Count("opt_out", open_ones & Q(state=State.FAILED), distinct=True),
        )
        yield Standing(
            account=account,
            not_asked=_not_asked(team, account).count(),
            to_take_back=_to_take_back(team, account).count(),
            **counts,
        )


def failed_blocks(team: Team) -> QuerySet[VendorBlock]:
    """The team's rows that ended unclear or refused, newest first."""
    rows = VendorBlock.objects.filter(
        opt_out__team=team, state__in=(State.UNCLEAR, State.FAILED)
    ).exclude(~open_opt_out("opt_out__"), is_block=True)
    return rows.select_related("opt_out", "account").order_by("-pk")


def block_all(team: Team, account: GatewayAccount, user: User) -> int:
    """Have everybody in the team's register blocked at this account; return how many are asked.

    Who is blocked or waiting there already is not asked again. The caller nudges the task.
    """
    now = timezone.now()
    failed = VendorBlock.objects.filter(
        open_opt_out("opt_out__"),
        account=account,
        opt_out__team=team,
        state__in=(State.UNCLEAR, State.FAILED),
    )
    with transaction.atomic():
        # Before the first of them: they are too many for one transaction.
        record(Act.BLOCKED, account, by=user, team_id=team.pk)
        again = failed.update(
            is_block=True, state=State.WAITING, tries=0, reason="", not_before=now, asked_by=user
        )
    asked = again
    while some := list(_not_asked(team, account).values_list("pk", "phone")[:1_000]):
        asked += len(some)
        # A colleague may press the same button at the same moment.
        VendorBlock.objects.bulk_create(
            (
                VendorBlock(
                    opt_out_id=pk, phone=phone, account=account, not_before=now, asked_by=user
                )
                for pk, phone in some
            ),
            ignore_conflicts=True,
        )
    return asked


@transaction.atomic
def unblock_lifted(team: Team, account: GatewayAccount, user: User) -> int:
    """Take the blocks of lifted opt-outs back; return how many. The caller nudges the task."""
    count = _to_take_back(team, account).update(
        is_block=False,
        state=State.WAITING,
        tries=0,
        reason="",
        not_before=timezone.now(),
        asked_by=user,
    )
    if count:
        record(Act.UNBLOCKED, account, by=user, team_id=team.pk, after={"people": count})
    return count


def block_by_itself(wishes: Iterable[tuple[OptOut, GatewayAccount, str]]) -> None:
    """Have people blocked who opted out of a job, each by their number as it stands in it."""
    now = timezone.now()
    VendorBlock.objects.bulk_create(
        (
            VendorBlock(opt_out=opt_out, account=account, phone=phone, not_before=now)
            for opt_out, account, phone in wishes
        ),
        ignore_conflicts=True,
    )


def unblock_by_itself(lifted: OptOut) -> None:
    """Take back what `block_by_itself` asked for; what a colleague asked for is theirs."""
    rows = VendorBlock.objects.filter(opt_out=lifted, asked_by=None, is_block=True)
    rows.filter(state=State.WAITING, tries=0).delete()
    rows.update(is_block=False, state=State.WAITING, tries=0, reason="", not_before=timezone.now())


def accounts_to_ask() -> list[int]:
    """Ids of the accounts at which somebody waits; a halted one is left in peace."""
    waiting = VendorBlock.objects.filter(state=State.WAITING, not_before__lte=timezone.now())
    open_lanes = waiting.exclude(account__state=LaneState.HALTED)
    return list(open_lanes.values_list("account_id", flat=True).distinct())


def ask_some(account_id: int) -> bool:
    """Ask the vendor about the next people of an account; True when more wait at once."""
    account = GatewayAccount.objects.get(pk=account_id)
    if account.state == LaneState.HALTED:
        return False
    try:
        client = clients.client_of(account)
    except clients.LaneHalted:
        return False
    until = time.monotonic() + SECONDS_A_TASK
    waiting = VendorBlock.objects.filter(account=account, state=State.WAITING)
    for _ in range(PEOPLE_A_TASK):
        due = waiting.filter(not_before__lte=timezone.now()).order_by("not_before", "pk")
        row = due.select_related("opt_out", "account").first()
        if row is None or time.monotonic() > until:
            return row is not None
        if not _claim(row):
            continue
        if not _ask(account, client, row):
            return False
    return True


def _not_asked(team: Team, account: GatewayAccount) -> QuerySet[OptOut]:
    rows = VendorBlock.objects.filter(opt_out=OuterRef("pk"), account=account)
    surely = OptOut.objects.open().exclude(source=OptOut.Source.UNSURE)
    return surely.filter(~Exists(rows), team=team).order_by("pk")


def _to_take_back(team: Team, account: GatewayAccount) -> QuerySet[VendorBlock]:
    """Blocks of lifted opt-outs, but of nobody who opted out again or elsewhere."""
    blocked = Q(is_block=True, state__in=(State.DONE, State.UNCLEAR))
    not_taken_back = Q(is_block=False, state__in=(State.UNCLEAR, State.FAILED))
    return VendorBlock.objects.filter(
        blocked | not_taken_back,
        ~Exists(_still_wanted(account)),
        ~open_opt_out("opt_out__"),
        account=account,
        opt_out__team=team,
    )


def _still_wanted(account: GatewayAccount) -> QuerySet[OptOut]:
    """Open opt-outs of the same person in any team that uses the account."""
    return OptOut.objects.open().filter(
        phone_key=OuterRef("opt_out__phone_key"), team__channels__account=account
    )


def _claim(row: VendorBlock) -> bool:
    """Take a row; False when another worker has it. What is no longer wanted is dropped."""
    mine = VendorBlock.objects.filter(
        pk=row.pk, state=State.WAITING, not_before=row.not_before, is_block=row.is_block
    )
    if not row.is_block and mine.filter(Exists(_still_wanted(row.account))).exists():
        # They opted out again, here or in another team: the block stays.
        mine.delete()
        return False
    if row.is_block and not row.opt_out.is_open:
        mine.filter(tries=0).delete()
        mine.update(state=State.UNCLEAR)
        return False
    return bool(mine.update(not_before=timezone.now() + _CLAIM, tries=row.tries + 1))


def _ask(account: GatewayAccount, client: SociocsClient, row: VendorBlock) -> bool:
    """Make one call and note what came of it; False when the account needs a rest."""
    call = client.block_contact if row.is_block else client.unblock_contact
    try:
        answer = call(row.phone)
    except TryLater as error:
        pause = error.retry_after or _pause(row).total_seconds()
        # It never reached the vendor: that is no try.
        _note(row, State.WAITING, error.reason, timedelta(seconds=pause), tries=row.tries)
        return False
    except OutcomeUnknown as error:
        ended = row.tries + 1 >= MOST_TRIES
        _note(row, State.UNCLEAR if ended else State.WAITING, error.reason, _pause(row))
        return ended
    except (AuthenticationFailed, Misconfigured) as error:
        _note(row, State.WAITING, error.reason, timedelta(), tries=row.tries)
        if error.halt:
            clients.halt(account, error.halt.value)
        return False
    except GatewayError as error:
        _note(row, State.FAILED, error.reason)
        return True
    if answer.is_blocked != row.is_block:
        _note(row, State.UNCLEAR, Reason.ANSWER_CONTRADICTORY)
    else:
        _note(row, State.DONE, "")
    return True


def _pause(row: VendorBlock) -> timedelta:
    doublings = min(int(row.tries), 6)
    return _FIRST_PAUSE * float(2**doublings)


def _note(
    row: VendorBlock,
    state: VendorBlock.State,
    reason: str,
    pause: timedelta = timedelta(),
    tries: int | None = None,
) -> None:
    now: datetime = timezone.now()
    VendorBlock.objects.filter(pk=row.pk, state=State.WAITING, is_block=row.is_block).update(
        state=state,
        reason=str(reason),
        not_before=now + pause,
        updated_at=now,
        tries=row.tries + 1 if tries is None else tries,
    )
