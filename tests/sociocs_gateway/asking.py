"""Asking for the exception a call must raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from sociocs_gateway import BulkMessage, OutcomeUnknown, Refused, SociocsClient

MakeClient: TypeAlias = Callable[..., SociocsClient]


def refusal_of(client: SociocsClient, message: BulkMessage) -> Refused:
    with pytest.raises(Refused) as caught:
        client.send_bulk(message)
    return caught.value


def unknown_of(client: SociocsClient, message: BulkMessage) -> OutcomeUnknown:
    with pytest.raises(OutcomeUnknown) as caught:
        client.send_bulk(message)
    return caught.value
