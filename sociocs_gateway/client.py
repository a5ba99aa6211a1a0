"""The client of the Sociocs HTTP API: one method per endpoint, one way out for all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlencode

import orjson

from sociocs_gateway.answers import Reader, ResultReader
from sociocs_gateway.exceptions import (
    GatewayError,
    Halt,
    Misconfigured,
    NotExpressible,
    OutcomeUnknown,
    Reason,
    Refused,
    TryLater,
)
from sociocs_gateway.lenient import usable_id
from sociocs_gateway.masking import masked_key
from sociocs_gateway.messages import BulkMessage, SingleMessage, is_e164, wire_time
from sociocs_gateway.providers import Provider
from sociocs_gateway.results import (
    BulkAccepted,
    BulkJobList,
    ChannelDetails,
    ContactBlock,
    Deleted,
    ListedChannel,
    ListedMessage,
    Listing,
    MessageAccepted,
    TeamMember,
    WebhookSubscription,
)
from sociocs_gateway.scheduled_messages import ScheduledMessageList
from sociocs_gateway.transport import Call, Transport
from sociocs_gateway.webhooks import SubscriptionRequest

T = TypeVar("T")

USER_AGENT = "sociocs-campaigns"
"""By it a dashboard's own door knows that it was taken for Sociocs."""

MOST_DAYS_OF_MESSAGES = 31
"""How many days the end of the range that the vendor lists messages for may follow its start."""

# Seconds before the repetitions of a call that may be repeated.
_PAUSES = (0.25, 1.0)
_LONGEST_PAUSE = 5.0


class SociocsClient:
    """Speaks to Sociocs for one account (one API key).

    A POST or PUT is never repeated: the vendor has no idempotency key, so a request whose answer
    got lost may have had its effect. Reads and deletions are repeated up to twice inside the total
    time. May be used by several threads at once. ``with SociocsClient(...) as client:`` closes it.

    Every method raises a :class:`~sociocs_gateway.exceptions.GatewayError`, whose subclass says
    what the caller must do, and nothing else.

    :param base_url: ``https://…``; plain ``http`` only to this machine itself.
    :param api_key: sent in the ``apikey`` header and nowhere else.
    :param connect_timeout: seconds for the TCP connection and for the TLS handshake, each.
    :param total_timeout: seconds from the start of a call to the last byte of its answer,
        repetitions included; nothing the server does can stretch it.
    :param max_body_bytes: an answer longer than this is not read on.
    :param proxies: ``{"https": "http://proxy:3128"}``; the environment's proxies are not used.
    :param ca_bundle: a file of certificate authorities to trust instead of the usual ones.
    :raises Misconfigured: a URL, key or file that cannot work.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 5,
        total_timeout: float = 60,
        max_body_bytes: int = 1_000_000,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        self._api_key = _checked_key(api_key)
        self._base_url = base_url
        self._total_timeout = total_timeout
        self._transport = Transport(
            base_url,
            {"apikey": api_key, "User-Agent": USER_AGENT},
            connect_timeout=connect_timeout,
            max_body_bytes=max_body_bytes,
            proxies=proxies,
            ca_bundle=ca_bundle,
        )

    def __repr__(self) -> str:
        return f"SociocsClient({self._base_url!r}, key={self.masked_key!r})"

    @property
    def masked_key(self) -> str:
        """The key for people: its last four characters behind an ellipsis."""
        return masked_key(self._api_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is left open between two calls; this is here so that callers need not know."""

    def send_bulk(
        self, message: BulkMessage, *, before_send: Callable[[], None] | None = None
    ) -> BulkAccepted:
        """Create a bulk job. Sociocs API, "Send bulk messages" (/api/messaging/bulk-send).

        :param before_send: called once the connection stands, right before the first byte leaves;
            whatever it raises stops the call as provably not sent: a ``GatewayError`` comes out
            as it is, anything else as ``TryLater`` with reason ``start_fence``.
        :raises NotSent: provably no job was made.
        :raises OutcomeUnknown: a job may have been made. Never repeat by yourself.
        """
        call = Call("POST", "/messages/bulk", body=message.body(), before_send=before_send)
        return self._perform(call, BulkAccepted.read, message.private_words)

    def list_bulk_jobs(self) -> BulkJobList:
        """The vendor's bulk jobs, newest schedule first, at most 100.

        Sociocs API, "List bulk messaging jobs" (/api/messaging/bulk-list).
        """
        return self._perform(Call("GET", "/messages/bulk"), BulkJobList.read)

    def reschedule_bulk_job(self, job_id: str, schedule: datetime) -> BulkAccepted:
        """Move a job that has not begun; a time in the past sends at once.

        Sociocs API, "Reschedule bulk messaging job" (/api/messaging/bulk-put).

        :raises Refused: the job runs or has run.
        :raises NotFound: no such job.
        :raises OutcomeUnknown: the job may have either time.
        """
        body = orjson.dumps({"schedule": wire_time(schedule)})
        call = Call("PUT", "/messages/bulk", _segment(job_id), body=body)
        return self._perform(call, partial(BulkAccepted.read_change, job_id=job_id))

    def delete_bulk_job(self, job_id: str) -> Deleted:
        """Delete a job that has not begun.

        Sociocs API, "Delete bulk messaging job" (/api/messaging/bulk-delete).

        :raises Refused: the job runs or has run.
        :raises NotFound: no such job; an earlier deletion may have worked, or the job has run.
        :raises OutcomeUnknown: the job may still be there. Asking again does no harm.
        """
        call = Call("DELETE", "/messages/bulk", _segment(job_id))
        return self._perform(call, Deleted.read)

    def send_message(
        self, message: SingleMessage, *, before_send: Callable[[], None] | None = None
    ) -> MessageAccepted:
        """Send one message. Sociocs API, "Send message" (/api/messaging/ind-send).

        ``before_send`` and what is raised are those of :meth:`send_bulk`.
        """
        call = Call("POST", "/message", body=message.body(), before_send=before_send)
        return self._perform(call, MessageAccepted.read, message.private_words)

    def list_scheduled_messages(self) -> ScheduledMessageList:
        """The single messages that wait for their time, newest schedule first, at most 100.

        Sociocs API, ``GET /messages/scheduled``. A message whose time has come is no longer there.
        """
        return self._perform(Call("GET", "/messages/scheduled"), ScheduledMessageList.read)

    def delete_scheduled_message(self, message_id: str) -> Deleted:
        """Take a single message back that waits for its time.

        Sociocs API, ``DELETE /messages/scheduled/{message_id}``; a success comes without ``data``.

        :raises Refused: it is being sent or was sent.
        :raises NotFound: no such message; an earlier deletion may have worked, or it went out.
        :raises OutcomeUnknown: it may still be there. Asking again does no harm.
        """
        call = Call("DELETE", "/messages/scheduled", _segment(message_id))
        return self._perform(call, Deleted.read)

    def list_messages(self, start: date, end: date) -> Listing[ListedMessage]:
        """The messages from ``start`` to ``end``, both included; ``end`` 31 days later at most.

        Sociocs API, "List messages" (/api/messaging/list).
        """
        if not 0 <= (end - start).days <= MOST_DAYS_OF_MESSAGES:
            raise NotExpressible("date_range", f"the end 0 to {MOST_DAYS_OF_MESSAGES} days later")
        days = urlencode({"start_date": start.isoformat(), "end_date": end.isoformat()})
        call = Call("GET", "/messages", f"?{days}")
        return self._perform(call, Listing.reader(ListedMessage.read))

    def list_channels(self, provider: Provider) -> Listing[ListedChannel]:
        """The account's channels of one provider. Sociocs API, "List channels" (/api/channels).

        The vendor's rows do not name their provider, so each channel gets the one asked for.
        """
        call = Call("GET", "/channels", "?" + urlencode({"provider": provider.value}))
        return self._perform(call, Listing.reader(partial(ListedChannel.read, asked_for=provider)))

    def get_channel(self, channel_key: str) -> ChannelDetails:
        """One channel with its number. Sociocs API, "Get channel" (/api/channels/get).

        :raises NotFound: no such channel.
        """
        call = Call("GET", "/channels", _segment(channel_key))
        return self._perform(call, partial(ChannelDetails.read, channel_key=channel_key))

    def list_team_members(self) -> Listing[TeamMember]:
        """Who may be named as sender. Sociocs API, "Team members" (/api/team-members/list)."""
        return self._perform(Call("GET", "/team-members"), Listing.reader(TeamMember.read))

    def block_contact(self, phone: str) -> ContactBlock:
        """Keep bulk and automated messages from a person. Sociocs API, /api/contacts/block.

        :param phone: E.164.
        :raises OutcomeUnknown: asking again does no harm here.
        """
        call = Call("POST", "/contacts/block", _phone_segment(phone))
        return self._perform(call, partial(ContactBlock.read, otherwise=True))

    def unblock_contact(self, phone: str) -> ContactBlock:
        """Take a block back. Sociocs API, /api/contacts/unblock. See :meth:`block_contact`."""
        call = Call("POST", "/contacts/unblock", _phone_segment(phone))
        return self._perform(call, partial(ContactBlock.read, otherwise=False))

    def is_contact_blocked(self, phone: str) -> ContactBlock:
        """Whether a person is blocked. Sociocs API, /api/contacts/is-blocked.

        :raises NotFound: the vendor does not know the number.
        """
        call = Call("GET", "/contacts/isblocked", _phone_segment(phone))
        return self._perform(call, ContactBlock.read)

    def create_webhook_subscription(self, request: SubscriptionRequest) -> WebhookSubscription:
        """Subscribe, or change the subscription of the same reference id.

        Sociocs API, "Subscribe" (/api/webhooks/add).

        :raises OutcomeUnknown: asking again does no harm here.
        """
        call = Call("POST", "/webhook-subscriptions", body=request.body())
        return self._perform(call, WebhookSubscription.read, request.private_words)

    def list_webhook_subscriptions(self) -> Listing[WebhookSubscription]:
        """The account's subscriptions. Sociocs API, /api/webhooks/list."""
        call = Call("GET", "/webhook-subscriptions")
        return self._perform(call, Listing.reader(WebhookSubscription.read))

    def get_webhook_subscription(self, subscription_id: str) -> WebhookSubscription:
        """One subscription. Sociocs API, "Get subscription" (/api/webhooks/get).

        :raises NotFound: no such subscription.
        """
        call = Call("GET", "/webhook-subscriptions", _segment(subscription_id))
        return self._perform(call, WebhookSubscription.read)

    def delete_webhook_subscription(self, subscription_id: str) -> Deleted:
        """Unsubscribe. Sociocs API, "Unsubscribe" (/api/webhooks/delete).

        :raises NotFound: no such subscription.
        """
        call = Call("DELETE", "/webhook-subscriptions", _segment(subscription_id))
        return self._perform(call, Deleted.read)

    def _perform(
        self, call: Call, read: Reader[T], private_words: Callable[[], Iterable[str]] = tuple
    ) -> T:
        """Make the call, and read its answer; the only way out of this machine."""
        deadline = time.monotonic() + self._total_timeout
        reading = ResultReader(call, self._api_key, private_words)
        unclear: OutcomeUnknown | None = None
        failure: GatewayError | None = None
        pauses = iter(_PAUSES if call.may_repeat else ())
        while True:
            try:
                return reading.result(self._transport.exchange(call, deadline), read)
            except GatewayError as error:
                # What was answered before says more than that a repetition ran out of time.
                is_over = time.monotonic() >= deadline
                failure = failure if failure and is_over and _says_less(error, failure) else error
            if isinstance(failure, OutcomeUnknown):
                unclear = failure
            if not _may_change_soon(failure) or not _rest(next(pauses, None), failure, deadline):
                raise _all_in_all(failure, unclear)


def _says_less(error: GatewayError, before: GatewayError) -> bool:
    """Whether it is that nobody answered, where somebody had."""
    is_answered = before.http_status is not None
    return is_answered and isinstance(error, TryLater) and error.http_status is None


def _may_change_soon(failure: GatewayError) -> bool:
    return isinstance(failure, TryLater | OutcomeUnknown) and failure.halt is None


def _rest(pause: float | None, failure: GatewayError, deadline: float) -> bool:
    """Wait before a repetition; ``False`` at once when there is to be none."""
    if pause is None:
        return False
    asked_for = failure.retry_after if isinstance(failure, TryLater) else None
    # Spread, so that many workers do not come back in step.
    pause = max(pause * random.uniform(0.5, 1.5), asked_for or 0)  # noqa: S311 - no secret
    if pause > _LONGEST_PAUSE or time.monotonic() + pause >= deadline:
        return False
    time.sleep(pause)
    return True


def _all_in_all(last: GatewayError, unclear: OutcomeUnknown | None) -> GatewayError:
    """What to raise after several tries: only a clear answer outranks an unclear one.

    A deletion that timed out may have worked, even if the next try could not connect.
    """
    is_clear = isinstance(last, Refused) and last.halt is None
    if unclear is None or is_clear:
        return last
    return OutcomeUnknown(
        unclear.reason, unclear.http_status, last.halt, unclear.detail, unclear.evidence
    )


def _checked_key(api_key: str) -> str:
    # What else a header takes would only be a slip of pasting: spaces, line ends.
    if not api_key or not all("!" <= character <= "~" for character in api_key):
        detail = "the API key must be visible ASCII characters without spaces"
        raise Misconfigured(Reason.SETTINGS, None, Halt.SETTINGS, detail)
    return api_key


def _segment(text: str) -> str:
    """An id as the last part of a path."""
    if usable_id(text) != text:
        raise NotExpressible("unusable_id")
    return "/" + quote(text, safe="")


def _phone_segment(phone: str) -> str:
    """A phone number as the last part of a path: without its ``+``, as in the vendor's examples."""
    if not is_e164(phone):
        raise NotExpressible("phone_not_e164")
    return "/" + phone.removeprefix("+")
