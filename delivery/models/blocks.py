"""What the vendor was asked about people who opted out, and what it said."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recipients.claiming import Work
from recipients.models import OptOut, RecipientList
from teams.models import Team, User


class VendorBlock(models.Model):
    """What an account at the vendor was asked about a person who opted out, and what it said.

    `is_block` is what was asked last: to block the person, or to take the block back. Asking twice
    does no harm at the vendor.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        UNCLEAR = "unclear", _("No clear answer")
        FAILED = "failed", _("Not sent: Sociocs refused it")

    opt_out = models.ForeignKey(OptOut, on_delete=models.CASCADE, related_name="vendor_blocks")
    account = models.ForeignKey(
        "sociocs_accounts.GatewayAccount", on_delete=models.CASCADE, related_name="blocks"
    )
    # The number as the vendor knows it: as it stands in a job, or as the person opted out by it.
    phone = models.CharField(max_length=16)
    is_block = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    # A code of `sociocs_gateway.exceptions.Reason`, of the last answer that was none or a no.
    reason = models.CharField(max_length=60, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # Not asked before then: a worker is at it, or the vendor wants us to wait.
    not_before = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("block at Sociocs")
        verbose_name_plural = _("blocks at Sociocs")
        constraints = (
            models.UniqueConstraint(
                fields=["opt_out", "account", "phone"], name="one_block_per_number_and_account"
            ),
        )
        indexes = (
            # The tick: which accounts have somebody to ask about.
            models.Index(
                fields=["account", "not_before"],
                name="blocks_waiting",
                condition=Q(state="waiting"),
            ),
        )

    def __str__(self) -> str:
        return f"account {self.account_id} #{self.opt_out_id}"


class BlockCheck(Work):
    """Asking an account, person by person, who of a list is blocked there already.

    Whoever is goes into the register of opt-outs.
    """

    class State(models.TextChoices):
        WORKING = "working", _("Being asked")
        DONE = "done", _("Asked")
        STOPPED = "stopped", _("Stopped")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="block_checks")
    account = models.ForeignKey(
        "sociocs_accounts.GatewayAccount", on_delete=models.CASCADE, related_name="block_checks"
    )
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WORKING)
    # The row of the list asked about last: a worker that dies costs a few questions, no answer.
    after = models.PositiveBigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    unclear = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("search for blocked people")
        verbose_name_plural = _("searches for blocked people")
        indexes = (
            models.Index(
                fields=["lease_until"],
                name="block_checks_waiting",
                condition=Q(state="working"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.account} #{self.pk}"
