"""Who is blocked at the vendor already: asked person by person of a list, and kept as opt-outs.

The vendor has no list of its blocks, only a question about one number (Sociocs API,
/api/contacts/is-blocked). Asking again does no harm, so progress is saved every few people.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from delivery.models import BlockCheck
from recipients import claiming
from recipients.models import OptOut, Recipient, RecipientList
from recipients.opting_out import opt_outs
from sociocs_accounts import clients
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import (
    AuthenticationFailed,
    GatewayError,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    TryLater,
)
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

State = BlockCheck.State

SECONDS_A_TASK = 60
# For one person, over about an hour: a vendor that is away must not make everybody unclear.
MOST_TRIES = 10
SHOWN = 10
_PEOPLE_A_STEP = 20
# Longer than the questions of one step may take.
_LEASE = timedelta(minutes=15)
_PROGRESS = ("after", "tries", "asked", "found", "unclear")
_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)


def begin_block_check(account: GatewayAccount, people: RecipientList, user: User) -> BlockCheck:
    """Ask about everybody of a list; the check that is under way already, if there is one.

    The caller nudges the task.
    """
    running = BlockCheck.objects.filter(
        account=account, recipient_list=people, state=State.WORKING
    ).first()
    if running:
        return running
    with transaction.atomic():
        facts = {"account": account.pk, "people": people.recipient_count}
        record(Act.BLOCKS_LOOKED_FOR, people, by=user, after=facts)
        return BlockCheck.objects.create(
            team=people.team,
            account=account,
            recipient_list=people,
            asked_by=user,
            total=people.recipient_count,
        )


@transaction.atomic
def stop_block_check(check: BlockCheck) -> bool:
    """Ask no further; who was found stays in the register. False when it had ended."""
    running = BlockCheck.objects.filter(pk=check.pk, state=State.WORKING)
    if not running.update(state=State.STOPPED, claim_token=None):
        return False
    record(Act.LOOKING_STOPPED, check)
    return True


def latest(team: Team, account: GatewayAccount) -> QuerySet[BlockCheck]:
    """The team's latest checks at an account, newest first."""
    checks = BlockCheck.objects.filter(team=team, account=account)
    return checks.select_related("recipient_list", "asked_by").order_by("-pk")[:SHOWN]


def waiting_checks() -> list[int]:
    """Ids of checks to go on with; those of a halted account are left in peace."""
    waiting = BlockCheck.objects.filter(state=State.WORKING)
    open_lanes = claiming.free(waiting, timezone.now()).exclude(account__state=LaneState.HALTED)
    return list(open_lanes.values_list("pk", flat=True))


def ask_on(check_id: int) -> bool:
    """Go on with a check for about a minute; True when it is to be gone on with at once."""
    waiting = BlockCheck.objects.filter(state=State.WORKING)
    check = claiming.claim_work(
        waiting.select_related("account", "team", "recipient_list"), check_id, _LEASE
    )
    if check is None:
        return False
    people = check.recipient_list
    if people is None or people.archived_at is not None:
        claiming.let_go(check, state=State.STOPPED)
        return False
    try:
        client = clients.client_of(check.account)
    except clients.LaneHalted:
        claiming.let_go(check)
        return False
    until = time.monotonic() + SECONDS_A_TASK
    while time.monotonic() < until:
        rows = Recipient.objects.filter(recipient_list=people, occurrence=0, pk__gt=check.after)
        some = list(rows.order_by("pk").values_list("pk", "phone")[:_PEOPLE_A_STEP])
        if not some:
            claiming.let_go(check, state=State.DONE)
            return False
        pause = _ask_some(check, client, some)
        if not _save(check, pause or _LEASE) or pause is not None:
            return False
    return claiming.let_go(check)


@dataclass(frozen=True)
class _Rest(Exception):
    """The account needs a rest before the same person is asked about again."""

    pause: timedelta


def _ask_some(
    check: BlockCheck, client: SociocsClient, some: list[tuple[int, str]]
) -> timedelta | None:
    """Ask about some people; how long to rest, None to go on. Moves `check` behind who is done."""
    known = opt_outs.opted_out(check.team, [phone for _pk, phone in some])
    for pk, phone in some:
        try:
            is_blocked = phone not in known and _is_blocked(check, client, phone)
        except _Rest as rest:
            return rest.pause
        if is_blocked:
            opt_outs.add_opt_outs(check.team, [phone], OptOut.Source.VENDOR, check.asked_by)
            check.found += 1
        check.asked += 1
        check.after, check.tries = pk, 0
    return None


def _is_blocked(check: BlockCheck, client: SociocsClient, phone: str) -> bool:
    """One question. Raises _Rest where it is to be asked again later."""
    try:
        return client.is_contact_blocked(phone).is_blocked
    except NotFound:
        return False
    except (AuthenticationFailed, Misconfigured) as error:
        if error.halt:
            clients.halt(check.account, error.halt.value)
        raise _Rest(_PAUSE) from None
    except (TryLater, OutcomeUnknown) as error:
        check.tries += 1
        if check.tries < MOST_TRIES:
            raise _Rest(_pause(check, getattr(error, "retry_after", None))) from None
    except GatewayError:
        pass
    check.unclear += 1
    return False


def _pause(check: BlockCheck, asked_for: float | None) -> timedelta:
    """As long as the vendor wants, or longer with every try."""
    doublings = min(int(check.tries), 6)
    own: timedelta = min(_PAUSE * float(2**doublings), _LONGEST_PAUSE)
    return max(timedelta(seconds=asked_for or 0), own)


def _save(check: BlockCheck, lease: timedelta) -> bool:
    """Keep the progress, and others away for so long; False when somebody stopped the check."""
    progress = {name: getattr(check, name) for name in _PROGRESS}
    try:
        claiming.renew_claim(check, lease, attempts=0, **progress)
    except claiming.ClaimLost:
        return False
    return True
