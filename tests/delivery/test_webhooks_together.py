"""Calls that come at the same time: each is answered only once it is stored."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from delivery import receiving
from delivery.models import WebhookEndpoint, WebhookEvent
from sociocs_accounts.encrypted_fields import Secret
from tests import world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def endpoint(transactional_db: None) -> WebhookEndpoint:
    channel = world.a_channel(world.a_team())
    return WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("s"), state="on")


def at_once(endpoint: WebhookEndpoint, bodies: Sequence[bytes]) -> list[object]:
    """Keep each in a thread of its own; what each saw: is it stored now, or the error it got."""
    seen: list[object] = []

    def work(body: bytes) -> None:
        try:
            receiving.keep(endpoint.pk, body)
            seen.append(WebhookEvent.objects.filter(body=body).exists())
        except OperationalError as error:
            seen.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[body]) for body in bodies]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return seen


def test_each_is_stored_when_it_is_answered(endpoint: WebhookEndpoint) -> None:
    assert at_once(endpoint, [b"%d" % number for number in range(40)]) == [True] * 40
    assert WebhookEvent.objects.count() == 40


def test_what_could_not_be_stored_is_said_to_everybody_who_waited(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(receiving, "_insert", away)
    seen = at_once(endpoint, [b"%d" % number for number in range(10)])
    assert [type(one) for one in seen] == [OperationalError] * 10

    monkeypatch.undo()
    assert at_once(endpoint, [b"later"]) == [True]


def test_one_that_cannot_be_stored_takes_no_other_with_it(endpoint: WebhookEndpoint) -> None:
    gone = endpoint.pk + 1
    batch = receiving._Batch(
        [
            (one, sha256(body).digest(), body, timezone.now())
            for one, body in ((endpoint.pk, b"first"), (gone, b"lost"), (endpoint.pk, b"last"))
        ]
    )
    batch.write()
    assert [type(one) for one in batch.errors] == [type(None), IntegrityError, type(None)]
    assert set(WebhookEvent.objects.values_list("endpoint", flat=True)) == {endpoint.pk}
    assert WebhookEvent.objects.count() == 2
