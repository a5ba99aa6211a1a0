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
from django.urls import reverse
from django.utils import timezone

from delivery.models import WebhookEndpoint
from sociocs_accounts import clients
from sociocs_accounts.encrypted_fields import Secret, Undecryptable
from sociocs_accounts.models import Channel
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import GatewayError, NotFound, OutcomeUnknown, Reason
from sociocs_gateway.providers import Provider
from sociocs_gateway.webhooks import SubscriptionRequest
from teams.models import User

State = WebhookEndpoint.State
T = TypeVar("T")

# Calls that were signed with the old secret may still be on their way, or be repeated.
OLD_SECRET_FOR = timedelta(hours=24)
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
    _subscribe(endpoint, fresh, is_new=is_new)
    return endpoint


def _subscribe(endpoint: WebhookEndpoint, fresh: Secret, *, is_new: bool) -> None:
    was_unclear = endpoint.state == State.UNCLEAR
    wanted = {"messages": endpoint.wants_replies, "status_updates": endpoint.wants_statuses}
    request = SubscriptionRequest(
        provider=Provider(endpoint.channel.provider),
        channel_key=endpoint.channel.channel_key,
        subscriber_reference_id=str(endpoint.public_id),
        webhook_url=address_of(endpoint),
        secret=fresh.reveal(),
        events=tuple(name for name, is_wanted in wanted.items() if is_wanted),
    )
    answer, state, reason = _ask(
        endpoint, lambda client: client.create_webhook_subscription(request)
    )
    endpoint.state, endpoint.reason = state, reason
    if answer is not None:
        endpoint.subscription_id = answer.id
        endpoint.renewed_at = timezone.now()
        if not is_new:
            endpoint.other_secret, endpoint.secret = endpoint.secret, fresh
            endpoint.other_secret_until = timezone.now() + OLD_SECRET_FOR
    elif state == State.FAILED and not is_new and not was_unclear:
        # Nothing was changed at the vendor: what was good before is all that is.
        endpoint.other_secret, endpoint.other_secret_until = Secret(""), None
    endpoint.save()


def check_subscription(endpoint: WebhookEndpoint) -> None:
    """Ask the vendor whether the subscription is there and calls our address."""
    answer, state, reason = _ask(
        endpoint, lambda client: client.get_webhook_subscription(endpoint.subscription_id)
    )
    if answer is not None and answer.webhook_url not in {None, address_of(endpoint)}:
        state = State.GONE
    if state == State.FAILED and reason == Reason.NOT_FOUND:
        state = State.GONE
    endpoint.state, endpoint.reason = state, reason
    endpoint.save(update_fields=["state", "reason"])


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
    endpoint.delete()
    return True


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
