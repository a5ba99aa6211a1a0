"""How many calls of an account are spoken for; `sociocs_accounts.call_rates` writes it."""

from __future__ import annotations

from django.db import models

from sociocs_accounts.models.accounts import GatewayAccount


class CallRate(models.Model):
    """Until when an account's calls are spoken for, where no Redis keeps that (`call_rates`).

    Seconds since 1970, one number per limit: the theoretical arrival time of the generic cell rate
    algorithm.
    """

    account = models.OneToOneField(
        GatewayAccount, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    by_second = models.FloatField(default=0)
    by_minute = models.FloatField(default=0)

    def __str__(self) -> str:
        return str(self.account)
