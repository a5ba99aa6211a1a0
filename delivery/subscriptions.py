"""Having the vendor report on a channel: asking it to, changing the secret, asking it to stop.

Saying it again with the same reference changes the subscription at the vendor, so an answer that
got lost does no harm: both secrets are good until one of them is known to be in use.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from delivery.models import WebhookEndpoint
from sociocs_accounts import clients
from sociocs_accounts.encrypted_fields import Secret, Undecryptable
from sociocs_accounts.models import Channel
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import GatewayError, NotFound, OutcomeUnknown, Reason
from sociocs_gateway.providers import Provider
from sociocs_gateway.results import WebhookSubscription
from sociocs_gateway.webhooks import SubscriptionRequest
from teams.models import User
from trail.acts import Act
from trail.recording import record

State = WebhookEndpoint.State
T = TypeVar("T")

# Calls that were signed with the old secret may still be on their way, or be repeated.
OLD_SECRET_FOR = timedelta(hours=24)
CHECK_EVERY = timedelta(days=1)
CHECK_AGAIN = timedelta(hours=1)
# A person waits for the answer.
_SECONDS = 15


def address_of(endpoint: WebhookEndpoint) -> str:
    """Where the vendor calls."""
    return settings.BASE_URL + reverse("webhook", args=[endpoint.public_id])


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """The secrets a call may be signed with now; none when they cannot be read: fail closed."""
    candidates = [endpoint.secret]
    until = endpoint.other_secret_until
    if endpoint.other_secret and (until is None or until > timezone.now()):
        candidates.append(endpoint.other_secret)
    try:
        return [secret.reveal() for secret in candidates if secret]
    except Undecryptable:
        return []


def switch_on(
    channel: Channel, user: User, *, wants_replies: bool = True, wants_statuses: bool = True
) -> WebhookEndpoint:
    """Subscribe for a channel, with a new secret; also changes and renews a subscription.

    `state` says what came of it. The old secret stays good for a day.
    """
    fresh = Secret.of(secrets.token_urlsafe(32))
    with transaction.atomic():
        endpoint, is_new = WebhookEndpoint.objects.select_for_update().get_or_create(
            channel=channel, defaults={"secret": fresh}
        )
        endpoint.wants_replies, endpoint.wants_statuses = wants_replies, wants_statuses
        endpoint.asked_by = user
        if not is_new:
            if endpoint.other_secret and endpoint.other_secret_until is None:
                # The vendor may have this one already: it is told the same again.
                fresh = endpoint.other_secret
            # Until the vendor has answered, calls may come with either.
            endpoint.other_secret, endpoint.other_secret_until = fresh, None
        endpoint.save()
        wanted = {"replies": wants_replies, "statuses": wants_statuses}
        record(Act.REPORTS_ON, channel, by=user, after=wanted | {"new_secret": True})
    _subscribe(endpoint, fresh, is_new=is_new)
    return endpoint


def _subscribe(endpoint: WebhookEndpoint, fresh: Secret, *, is_new: bool) -> None:
    was_unclear = endpoint.state == State.UNCLEAR
    request = _request_for(endpoint, fresh)
    answer, state, reason = _ask(endpoint, lambda client: _active(client, request))
    endpoint.state, endpoint.reason = state, reason
    if answer is not None:
        endpoint.state = State.PAUSED if answer.is_paused else State.ON
        endpoint.subscription_id = answer.id
        endpoint.renewed_at = endpoint.checked_at = timezone.now()
        endpoint.resumed_at = None
        if not is_new:
            endpoint.other_secret, endpoint.secret = endpoint.secret, fresh
            endpoint.other_secret_until = timezone.now() + OLD_SECRET_FOR
    elif state == State.FAILED and not is_new and not was_unclear:
        # Nothing was changed at the vendor: what was good before is all that is.
        endpoint.other_secret, endpoint.other_secret_until = Secret(""), None
    endpoint.save()


def _request_for(endpoint: WebhookEndpoint, secret: Secret) -> SubscriptionRequest:
    return SubscriptionRequest(
        provider=Provider(endpoint.channel.provider),
        channel_key=endpoint.channel.channel_key,
        subscriber_reference_id=str(endpoint.public_id),
        webhook_url=address_of(endpoint),
        secret=secret.reveal(),
        events=_wanted(endpoint),
    )


def _wanted(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    wanted = {"messages": endpoint.wants_replies, "status_updates": endpoint.wants_statuses}
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def _active(client: SociocsClient, request: SubscriptionRequest) -> WebhookSubscription:
    """Subscribe, and where an earlier pause outlasts that, subscribe anew.

    Once the vendor has taken it, no later failure makes it undone: the next check tells.
    """
    made = client.create_webhook_subscription(request)
    with suppress(GatewayError):
        made = client.get_webhook_subscription(made.id)
        if made.is_paused:
            client.delete_webhook_subscription(made.id)
            made = client.create_webhook_subscription(request)
            made = client.get_webhook_subscription(made.id)
    return made


def endpoints_to_check() -> list[int]:
    """Ids of the endpoints whose subscription has not been looked at for a day."""
    due = Q(checked_at=None) | Q(checked_at__lte=timezone.now() - CHECK_EVERY)
    endpoints = WebhookEndpoint.objects.filter(due, channel__is_active=True)
    return list(endpoints.exclude(subscription_id="").values_list("pk", flat=True))


def check_daily(endpoint_id: int) -> None:
    """Look how the vendor has a subscription; one that it paused is switched on again.

    Without an answer nothing is known anew; it is asked again in an hour.
    """
    endpoint = WebhookEndpoint.objects.select_related("channel__account").get(pk=endpoint_id)
    seen, again = endpoint.checked_at, timezone.now() - CHECK_EVERY + CHECK_AGAIN
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk, checked_at=seen)
    if not mine.update(checked_at=again):
        return
    endpoint.checked_at, before = again, endpoint.state
    check_subscription(endpoint)
    if endpoint.state in {State.FAILED, State.UNCLEAR}:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(state=before)
    elif endpoint.state == State.PAUSED:
        switch_on_again(endpoint)


def switch_on_again(endpoint: WebhookEndpoint) -> None:
    """Wake a subscription that the vendor has paused, with its secret; `state` says what came."""
    try:
        request = _request_for(endpoint, endpoint.secret)
    except Undecryptable:
        return
    answer, _state, _reason = _ask(endpoint, lambda client: _active(client, request))
    if answer is not None and not answer.is_paused:
        endpoint.state, endpoint.reason = State.ON, ""
        endpoint.subscription_id = answer.id
        endpoint.resumed_at = timezone.now()
        endpoint.save(update_fields=["state", "reason", "subscription_id", "resumed_at"])


def check_subscription(endpoint: WebhookEndpoint) -> None:
    """Ask the vendor whether it has the subscription as it was asked for, and is not pausing it."""
    answer, state, reason = _ask(
        endpoint, lambda client: client.get_webhook_subscription(endpoint.subscription_id)
    )
    if answer is not None:
        state = _state_of(endpoint, answer)
        endpoint.checked_at = timezone.now()
    if state == State.FAILED and reason == Reason.NOT_FOUND:
        state = State.GONE
    endpoint.state, endpoint.reason = state, reason
    endpoint.save(update_fields=["state", "reason", "checked_at"])


def _state_of(endpoint: WebhookEndpoint, answer: WebhookSubscription) -> WebhookEndpoint.State:
    """How the vendor has it, as far as it shows."""
    if answer.webhook_url not in {None, address_of(endpoint)}:
        return State.GONE
    if answer.is_paused:
        return State.PAUSED
    if answer.events not in {None, frozenset(_wanted(endpoint))}:
        return State.CHANGED
    return State.ON


def switch_off(endpoint: WebhookEndpoint) -> bool:
    """Unsubscribe, and believe no more calls; False when the vendor did not say that it is done.

    What was reported stays known.
    """
    if endpoint.subscription_id:
        gone, state, reason = _ask(
            endpoint,
            lambda client: _deleted(client, endpoint.subscription_id),
        )
        if gone is None:
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(state=state, reason=reason)
            return False
    give_up(endpoint)
    return True


def give_up(endpoint: WebhookEndpoint) -> None:
    """Believe no more calls, whatever the vendor goes on sending: our address is gone."""
    with transaction.atomic():
        record(Act.REPORTS_OFF, endpoint.channel)
        endpoint.delete()


def _deleted(client: SociocsClient, subscription_id: str) -> bool:
    with suppress(NotFound):
        client.delete_webhook_subscription(subscription_id)
    return True


def _ask(
    endpoint: WebhookEndpoint, call: Callable[[SociocsClient], T]
) -> tuple[T | None, WebhookEndpoint.State, str]:
    """(answer, state, reason) of one call; the answer is None unless the vendor said yes."""
    try:
        with clients.client_of(endpoint.channel.account, seconds=_SECONDS) as client:
            return call(client), State.ON, ""
    except OutcomeUnknown as error:
        return None, State.UNCLEAR, error.reason.value
    except GatewayError as error:
        return None, State.FAILED, error.reason.value
    except clients.LaneHalted as error:
        return None, State.FAILED, error.reason


def endpoints_of(channels: Sequence[Channel]) -> dict[int, WebhookEndpoint]:
    """The endpoints of these channels, by the channels' primary keys."""
    endpoints = WebhookEndpoint.objects.filter(channel__in=channels).select_related("asked_by")
    return {endpoint.channel_id: endpoint for endpoint in endpoints}
