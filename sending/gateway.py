"""Between our rows and the gateway: its client, its clock, and how its answers are read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from recipients.subscriber_keys import subscriber_key
from sending.models import Attempt, with_job_ids
from sending.protocol import (
    PREFLIGHT_FRESH,
    AnswerKind,
    Deletion,
    ListedJob,
    PostAnswer,
    clocks_disagree,
)
from sending.single_messages import WaitingMessage
from sociocs_accounts import call_rates, troubles
from sociocs_accounts.clients import LaneHalted, halt
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import (
    AuthenticationFailed,
    GatewayError,
    Halt,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from sociocs_gateway.messages import BulkMessage, SingleMessage
from sociocs_gateway.results import BulkJobList
from sociocs_gateway.scheduled_messages import ScheduledMessageList

# Linux's monotonic clock stands still while the machine sleeps; that of macOS does not.
_COUNTS_SLEEP = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_time() -> float:
    """Seconds since this machine started, sleep included; unlike the wall clock nobody sets it."""
    return time.clock_gettime(_COUNTS_SLEEP)


@dataclass(frozen=True, slots=True)
class VendorClock:
    """The vendor's time, carried forward by the boot-time clock since we were told it."""

    said: datetime
    heard_at: float

    @property
    def age(self) -> timedelta:
        """How long ago we were told."""
        return timedelta(seconds=boot_time() - self.heard_at)

    def now(self) -> datetime:
        """The vendor's time now."""
        return self.said + self.age


# What this process was last told, per account. Only ever a cache: a fresh process asks again.
_clocks: dict[int, VendorClock] = {}


def vendor_clock(account: GatewayAccount, client: SociocsClient) -> VendorClock:
    """The vendor's clock, at most a minute old. Looks at the list of jobs to learn it.

    That look is also the probe which a lane with an unclear outcome needs. Raises GatewayError when
    the list cannot be had, LaneHalted when both clocks disagree by more than a minute.
    """
    if knows_time(account):
        return _clocks[account.pk]
    jobs = list_jobs(account, client)
    clock = _clocks.get(account.pk)
    if jobs.server_date is None or clock is None:
        # Without a Date header there is no clock but ours.
        return VendorClock(timezone.now(), boot_time())
    if clocks_disagree(timezone.now(), clock.now()):
        halt(account, "clock")
        raise LaneHalted("clock")
    return clock


def knows_time(account: GatewayAccount) -> bool:
    """Whether `vendor_clock` can answer without asking the vendor."""
    known = _clocks.get(account.pk)
    return known is not None and known.age < PREFLIGHT_FRESH and not account.probe_needed


def list_jobs(account: GatewayAccount, client: SociocsClient) -> BulkJobList:
    """The vendor's list of jobs; an answer also clears the lane's need of a probe."""
    call_rates.wait(account)
    try:
        jobs = client.list_bulk_jobs()
    except GatewayError as error:
        _halt_if_told(account, error)
        _note_trouble(account, troubles.trouble_of(error.reason), timezone.now())
        raise
    if account.list_trouble:
        _note_trouble(account, "", None)
    if jobs.server_date is not None:
        _clocks[account.pk] = VendorClock(jobs.server_date, boot_time())
    if account.probe_needed:
        GatewayAccount.objects.filter(pk=account.pk).update(probe_needed=False)
        account.probe_needed = False
    return jobs


def _halt_if_told(account: GatewayAccount, error: GatewayError) -> None:
    """Raises LaneHalted where a failed look means that a person must act.

    Pointed elsewhere once, a look is tried again; not so if the one before failed, or a call was.
    """
    is_first = not account.redirects and not account.list_trouble
    if error.halt and not (error.halt is Halt.REDIRECT and is_first):
        halt(account, error.halt.value)
        raise LaneHalted(error.halt.value) from None


def listed(jobs: BulkJobList) -> list[ListedJob]:
    """The jobs as the protocol looks at them."""
    return [
        ListedJob(job.job_id, job.schedule, job.recipient_count, job.text, job.channel_key)
        for job in jobs
    ]


def _note_trouble(account: GatewayAccount, trouble: str, at: datetime | None) -> None:
    """Pages say why nothing moves."""
    account.list_trouble, account.list_trouble_at = trouble, at
    account.save(update_fields=["list_trouble", "list_trouble_at"])


def list_waiting(account: GatewayAccount, client: SociocsClient) -> ScheduledMessageList:
    """The vendor's list of single messages that wait. Raises GatewayError or LaneHalted."""
    call_rates.wait(account)
    try:
        return client.list_scheduled_messages()
    except GatewayError as error:
        _halt_if_told(account, error)
        raise


def waiting_messages(messages: ScheduledMessageList) -> list[WaitingMessage]:
    """The messages as the protocol looks at them; a number by its key, however it is spelled."""
    return [
        WaitingMessage(
            message.message_id,
            message.schedule,
            subscriber_key(message.phone) if message.phone else None,
            message.channel_key,
        )
        for message in messages
    ]


def learn_from(account: GatewayAccount, jobs: BulkJobList) -> None:
    """Learn from a job of ours in the list whether the vendor shows schedules there at all.

    Where it does not, looking by itself ends: every unclear case is asked.
    """
    if account.capabilities.get("lists_schedule"):
        return
    ids = [job.job_id for job in jobs]
    attempts = with_job_ids(Attempt.objects.filter(account=account), ids)
    ours = set(attempts.values_list("job_id", flat=True))
    own = [job for job in jobs if job.job_id in ours]
    if own:
        shows = any(job.schedule is not None for job in own)
        if account.capabilities.get("lists_schedule") is not shows:
            account.capabilities = {**account.capabilities, "lists_schedule": shows}
            account.save(update_fields=["capabilities"])


def post_message(
    client: SociocsClient, message: BulkMessage | SingleMessage, before_send: Callable[[], None]
) -> tuple[PostAnswer, dict[str, str]]:
    """Make the one call. Returns the answer as the protocol reads it, and evidence for a person.

    Of a message to one person, `job_id` is the message's id.
    """
    try:
        if isinstance(message, BulkMessage):
            accepted_id = client.send_bulk(message, before_send=before_send).job_id
        else:
            accepted_id = client.send_message(message, before_send=before_send).message_id
    except OutcomeUnknown as error:
        answer = PostAnswer(
            AnswerKind.UNKNOWN,
            error.reason.value,
            http_status=error.http_status,
            halts=_halts(error),
        )
        return answer, {"answer": error.evidence}
    except Refused as error:
        answer = PostAnswer(
            AnswerKind.REFUSED,
            error.reason.value,
            http_status=error.http_status,
            halts=_halts(error),
        )
        return answer, {"messages": "\n".join(error.messages)}
    except (TryLater, AuthenticationFailed, Misconfigured) as error:
        return _not_sent(error), {}
    except GatewayError as error:
        # A kind of error this code does not know yet: never taken as proof of anything.
        return PostAnswer(AnswerKind.UNKNOWN, error.reason.value, halts=_halts(error)), {}
    return PostAnswer(AnswerKind.ACCEPTED, job_id=accepted_id, http_status=200), {}


def _not_sent(error: TryLater | AuthenticationFailed | Misconfigured) -> PostAnswer:
    return PostAnswer(
        AnswerKind.TRY_LATER,
        error.reason.value,
        http_status=error.http_status,
        halts=_halts(error),
        cools=error.http_status == 429,
        retry_after=getattr(error, "retry_after", None),
    )


def _halts(error: GatewayError) -> str:
    return error.halt.value if error.halt else ""


def delete_job(
    account: GatewayAccount, client: SociocsClient, job_id: str, is_single: bool
) -> tuple[Deletion, datetime | None]:
    """Take a job or a single message back: the answer, and when a "not there" was said.

    By the vendor's clock, in that very answer. Raises LaneHalted only through `client_of`.
    """
    call_rates.wait(account)
    try:
        if is_single:
            client.delete_scheduled_message(job_id)
        else:
            client.delete_bulk_job(job_id)
    except NotFound as error:
        return Deletion.NOT_THERE, error.server_date
    except Refused as error:
        is_no = error.http_status == 400
        return (Deletion.ALREADY_RUNNING if is_no else Deletion.UNCLEAR), None
    except GatewayError:
        return Deletion.UNCLEAR, None
    return Deletion.DELETED, None


def forget_clocks() -> None:
    """Ask every vendor clock again: after a fork, or in a test."""
    _clocks.clear()
