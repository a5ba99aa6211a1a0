"""An account's client of the Sociocs API, and the account halted where it cannot have one."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from sociocs_accounts.encrypted_fields import Undecryptable
from sociocs_accounts.lanes import Lane, LaneState
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import Misconfigured
from trail.acts import Act
from trail.recording import record


class LaneHalted(Exception):
    """The account cannot be used until a person has looked at it; `reason` is stored with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def client_of(account: GatewayAccount, seconds: float | None = None) -> SociocsClient:
    """A client for this account, each call of which may take so many `seconds`.

    Raises LaneHalted when its key or address cannot be used.
    """
    try:
        return SociocsClient(
            settings.SOCIOCS_BASE_URL,
            account.api_key.reveal(),
            total_timeout=seconds or settings.SOCIOCS_TIMEOUT_SECONDS,
        )
    except (Undecryptable, Misconfigured):
        halt(account, "config")
        raise LaneHalted("config") from None


def time_out() -> timedelta:
    """How long a call may take that says nothing else."""
    return timedelta(seconds=settings.SOCIOCS_TIMEOUT_SECONDS)


def halt(account: GatewayAccount, reason: str) -> None:
    """Stop a lane until a person has looked at it."""
    with transaction.atomic():
        GatewayAccount.objects.filter(pk=account.pk).update(
            state=LaneState.HALTED.value, halt_reason=reason
        )
    account.refresh_from_db()


def reopen(account: GatewayAccount) -> None:
    """A person has looked at a halted lane: use it again, after a fresh look at the list."""
    with transaction.atomic():
        account = GatewayAccount.objects.select_for_update().get(pk=account.pk)
        account.keep_lane(Lane(probe_needed=True))
        record(Act.ACCOUNT_USED_AGAIN, account)
