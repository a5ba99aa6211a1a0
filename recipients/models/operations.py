"""Lists made out of lists, and data that left the dashboard as a file."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from recipients.claiming import Work
from recipients.files.made_files import MadeFile
from recipients.models.lists import RecipientList
from teams.models import Team, User


class ListOperation(Work):
    """The making of lists out of others; `list_filling` does it, chunk by chunk.

    Which lists, and in what part, stands in `ListInOperation`.
    """

    class Kind(models.TextChoices):
        COPY = "copy", _("Copy")
        MERGE = "merge", _("Lists merged")
        SPLIT = "split", _("List split")
        SUBTRACT = "subtract", _("People left out")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        WORKING = "working", _("In progress")
        COMPLETED = "completed", _("Created")
        FAILED = "failed", pgettext_lazy("an import", "Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="list_operations")
    started_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="list_operations"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    # Of a merge: everybody once, or every row with the same numbers marked.
    each_once = models.BooleanField(default=False)
    # Of a split: the field by whose values the list is parted.
    field_name = models.CharField(max_length=200, blank=True)
    # How far it has come, committed with the rows it made: {"list": 1, "after": 48210}.
    cursor = models.JSONField(default=dict)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("list made from other lists")
        verbose_name_plural = _("lists made from other lists")
        indexes = (
            # The tick looks for those that wait or whose worker died.
            models.Index(
                fields=["lease_until"],
                name="list_operations_to_do",
                condition=Q(state__in=["queued", "working"]),
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class ListInOperation(models.Model):
    """A list and its part in an operation; the order is that of the ids."""

    class Part(models.TextChoices):
        SOURCE = "source", _("From list")
        WITHOUT = "without", _("Left out")
        TARGET = "target", _("Created")

    operation = models.ForeignKey(ListOperation, on_delete=models.CASCADE, related_name="lists")
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.CASCADE, related_name="operations"
    )
    part = models.CharField(max_length=7, choices=Part.choices)
    # Of a split's target: the value that its people have in the field; "" for none.
    value = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["operation", "recipient_list", "part"], name="one_part_in_an_operation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.operation} · {self.recipient_list}"


class Export(MadeFile):
    """Who took people's data out of the dashboard, what, and when. Rows are only ever added."""

    class Kind(models.TextChoices):
        LIST = "list", _("List")
        OPT_OUTS = "opt_outs", _("Opt-outs")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="exports")
    exported_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="exports"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, related_name="exports"
    )
    # As it was called then.
    name = models.CharField(max_length=120, blank=True)
    row_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.name}"
