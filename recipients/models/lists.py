"""Recipient lists, the imports that fill them, and opt-outs."""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from interface.discreet import by_number
from recipients.claiming import Work
from recipients.files.file_problems import FileFault, FileProblem
from recipients.plain_json import PlainLetters
from recipients.subscriber_keys import key_column
from teams.models import Team, User


class Visibility(models.TextChoices):
    """Who may use a list besides its owner."""

    PRIVATE = "private", _("Only me")
    TEAM = "team", _("Everyone in the team")
    NAMED = "named", _("Chosen people")


class Permission(models.TextChoices):
    """What those may do with whom a list is shared."""

    USE = "use", _("can use")
    EDIT = "edit", _("can edit")


class RecipientListQuerySet(models.QuerySet["RecipientList"]):
    """Lists as a person may see them."""

    def for_member(self, team: Team | int, user: User | int) -> RecipientListQuerySet:
        """The team's finished, unarchived lists that `user` may use."""
        return self._shared_with(team, user).filter(archived_at=None, is_of_call=False)

    def archived_for_member(self, team: Team | int, user: User | int) -> RecipientListQuerySet:
        """The lists that `user` could use before they were archived; deleted ones are gone."""
        shared = self._shared_with(team, user)
        return shared.filter(archived_at__isnull=False, deleted_at=None, is_of_call=False)

    def open_to(self, team: Team | int, user: User | int) -> RecipientListQuerySet:
        """The lists whose people `user` may see, be they in use, archived or deleted."""
        return self._shared_with(team, user)

    def _shared_with(self, team: Team | int, user: User | int) -> RecipientListQuerySet:
        lent = ListShare.objects.filter(user=user).values("recipient_list")
        return self.filter(
            Q(visibility=Visibility.TEAM) | Q(owner=user) | Q(pk__in=lent),
            team=team,
            is_ready=True,
        )


class RecipientList(models.Model):
    """A named, owned set of recipients.

    While an import fills it, `is_ready` is false and nobody sees it: a list is visible whole or
    not at all.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="recipient_lists")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recipient_lists")
    name = models.CharField(_("name"), max_length=120)
    visibility = models.CharField(
        _("who can use this list"),
        max_length=10,
        choices=Visibility.choices,
        default=Visibility.PRIVATE,
    )
    # Of everyone in the team, while they may use it; single colleagues may be allowed more.
    team_permission = models.CharField(
        max_length=4, choices=Permission.choices, default=Permission.USE
    )
    shared_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Names of the recipients' own fields, in the order of the file's columns.
    field_names = models.JSONField(default=list)
    is_ready = models.BooleanField(default=False)
    # Who came with one call of a program. Only its campaign speaks of it: it stands in no page of
    # lists, and is deleted once that campaign is over.
    is_of_call = models.BooleanField(default=False)
    # Counters, kept by whoever changes rows: COUNT(*) over a million rows is too slow for a page.
    recipient_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Deleted for good: also archived, and its people go in the background. The row stays, with its
    # name, where a campaign still speaks of it.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = RecipientListQuerySet.as_manager()

    class Meta:
        # The lists page: a team's lists, newest first.
        indexes = (models.Index(fields=["team", "-created_at"]),)

    def __str__(self) -> str:
        return self.name

    @property
    def row_count(self) -> int:
        """Rows in the list, duplicates included."""
        return self.recipient_count + self.duplicate_count


class ListShare(models.Model):
    """A list lent to one colleague."""

    Permission = Permission

    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.CASCADE, related_name="shares"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="list_shares")
    permission = models.CharField(max_length=4, choices=Permission.choices, default=Permission.USE)
    shared_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["recipient_list", "user"], name="one_share_per_colleague"
            ),
        )

    def __str__(self) -> str:
        return f"{self.recipient_list} · {self.user}"


class Recipient(models.Model):
    """One row of a list: a phone, a name, and the row's other columns.

    `occurrence` is 0 for the first row of this person in the list and 1, 2, … for its duplicates,
    which are kept because a campaign may allow them. `phone` is the number as it is called,
    `phone_key` by what it is compared.
    """

    # No index of its own: the constraint below begins with the list, and an index costs time.
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    phone = models.CharField(_("phone"), max_length=16)
    phone_key = key_column()
    occurrence = models.PositiveIntegerField(default=0)
    name = models.CharField(_("name"), max_length=200, blank=True)
    # PostgreSQL keeps a copy of name, phone and these values for searching (`searching.KEPT`).
    fields = models.JSONField(default=dict, blank=True, encoder=PlainLetters)
    # As the person's spreadsheet shows it: the header is row 1. Null for people added by hand.
    row_number = models.PositiveIntegerField(null=True, blank=True)
    # What brought the row in, for undoing it; null for people added by hand. Looked for within one
    # list only, and not checked by the database: both would cost an import time.
    list_import = models.ForeignKey(
        "ListImport",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    # When somebody last changed it by hand; undoing an import asks before that is lost.
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["recipient_list", "phone_key", "occurrence"],
                name="one_row_per_person_and_occurrence",
            ),
        )
        indexes = (
            # Paging through a list, and reading it in its own order when an audience is frozen.
            models.Index(fields=["recipient_list", "id"]),
            # Paging through a list by name.
            models.Index(fields=["recipient_list", "name", "id"]),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return self.phone


class ListImport(Work):
    """The processing of one uploaded file into one list."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Waiting for your check")
        QUEUED = "queued", _("Queued")
        IMPORTING = "importing", _("Importing")
        COMPLETED = "completed", _("Imported")
        FAILED = "failed", pgettext_lazy("an import", "Failed")
        STOPPED = "stopped", _("Stopped")
        UNDONE = "undone", _("Undone")

    class Mode(models.TextChoices):
        """What a file does to a list that is there already."""

        NEW = "new", _("Only add people who are not on the list yet")
        UPDATE = "update", _("Add new people, and update those on the list")
        REPLACE = "replace", _("Replace everyone on the list")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="list_imports")
    uploaded_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="list_imports"
    )
    recipient_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, related_name="list_imports"
    )
    # The list that is there and gets the file's people.
    target_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Empty when the file becomes a new list; it stays when `target_list` is deleted meanwhile.
    mode = models.CharField(max_length=7, choices=Mode.choices, blank=True)
    # The file's people go into the register of opt-outs, with this note, and on no list: then
    # `recipient_count` are those who had not opted out before, `duplicate_count` those who had.
    is_for_opt_outs = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    # Never visible: what the file changed on that list, as it was before, for undoing it.
    kept_list = models.ForeignKey(
        RecipientList, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    # The name as the person knows it, for showing only; the stored file has a random one.
    file_name = models.CharField(max_length=255)
    # In settings.UPLOADS_DIR; empty once the file is deleted.
    stored_name = models.CharField(max_length=100, blank=True)
    file_size = models.BigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    # How to read the file, guessed at upload and corrected on the check page:
    # {"encoding": "utf-8", "delimiter": ";", "header_row": 1, …} (`row_sources.ReadOptions`)
    reading = models.JSONField(default=dict)
    # One per column, in order: {"header": "Mobile", "name": "Mobile", "role": "phone"}; the
    # roles are `columns.ColumnRole`.
    columns = models.JSONField(default=list)
    default_country = models.CharField(max_length=2, blank=True)
    list_name = models.CharField(max_length=120, blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    # Rows done so far, committed together with their recipients: a killed import goes on from here.
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    recipient_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    # Rows of people of whom the file itself says that they opted out.
    opted_out_count = models.PositiveIntegerField(default=0)
    # Duplicates whose name or fields are not those of the first row with their phone.
    differing_count = models.PositiveIntegerField(default=0)
    # Of an import into a list that was there: people added, updated, removed, left as they were
    # (`merging.Effect` as JSON).
    effect = models.JSONField(default=dict, blank=True)
    # What a check of the file found, for the check page only: `judging.Judgement` as JSON, with
    # cells of its rows, therefore emptied once the import is over.
    judgement = models.JSONField(default=dict, blank=True)
    # Whether that is all there is to judge, or a worker still goes through the rest of the file.
    is_judged = models.BooleanField(default=False)
    # A `file_problems.FileFault` and the numbers its sentence needs.
    failure = models.CharField(max_length=40, blank=True)
    failure_details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        indexes = (
            # The lists page shows a team's latest imports.
            models.Index(fields=["team", "-created_at"]),
            # The tick looks for imports that wait or whose worker died.
            models.Index(
                fields=["lease_until"],
                name="imports_to_do",
                condition=Q(state__in=["checking", "queued", "importing"]),
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_addition(self) -> bool:
        """Whether the file's people join a list that is there, not a new one of their own."""
        return bool(self.mode)

    @property
    def problem(self) -> FileProblem | None:
        """Why the file cannot be imported, or why the import failed."""
        if not self.failure:
            return None
        return FileProblem(FileFault(self.failure), **self.failure_details)


class RememberedColumns(models.Model):
    """What a team said about a file's columns, for its next file with the same headers."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    # Of the headers as `column_guessing.headers_key` makes it.
    key = models.CharField(max_length=64)
    # The roles (`columns.ColumnRole`) in the order of the columns.
    roles = models.JSONField(default=list)
    default_country = models.CharField(max_length=2, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["team", "key"], name="one_memory_per_headers"),
        )

    def __str__(self) -> str:
        return f"{self.team} · {len(self.roles)}"


class RejectedRow(models.Model):
    """A row that did not become a recipient, with the reason's code and the person's own cells."""

    list_import = models.ForeignKey(
        ListImport, on_delete=models.CASCADE, related_name="rejected_rows", db_index=False
    )
    row_number = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    cells = models.JSONField(default=list)

    class Meta:
        verbose_name = _("row left out")
        verbose_name_plural = _("rows left out")
        constraints = (
            models.UniqueConstraint(
                fields=["list_import", "row_number"], name="one_rejection_per_row"
            ),
        )

    def __str__(self) -> str:
        return f"{self.row_number}: {self.code}"


# Whether an opt-out is open, so that nobody of its team messages the person: in SQL, of a row "o".
OPEN_OPT_OUT_IN_SQL = "o.lifted_at IS NULL"


def open_opt_out(path: str = "") -> Q:
    """The same as a condition; `path` leads from a row to its opt-out, such as `opt_out__`."""
    return Q((f"{path}lifted_at", None))


class OptOutQuerySet(models.QuerySet["OptOut"]):
    """Opt-outs."""

    def open(self) -> Self:
        """Those that count: nobody has lifted them."""
        return self.filter(open_opt_out())

    def lifted(self) -> Self:
        """Those that count no more."""
        return self.exclude(open_opt_out())


class OptOut(models.Model):
    """A person's wish not to be messaged by a team. No import can clear it."""

    class Source(models.TextChoices):
        BY_HAND = "by_hand", _("Added by hand")
        FILE = "file", _("Add from a file")
        VENDOR = "vendor", _("Blocked at Sociocs")
        INBOUND = "inbound", _("Replied STOP")
        NETWORK = "network", _("Reported by the network")
        # Came back after everything about them was erased; it is not known how they opted out.
        ERASED = "erased", _("Erased before")
        # Left out like the others, until a colleague has read what they wrote.
        UNSURE = "unsure", _("May have asked to stop")
        # Set by a program, which may lift it again.
        API = "api", _("By API")

    class Lifted(models.TextChoices):
        """Why it counts no more, where nobody in the team wrote a reason."""

        WROTE_START = "wrote_start", _("They wrote START")
        NO_WISH = "no_wish", _("Not a request to stop")
        # The program's name follows.
        BY_API = "by_api:", _("By API: %(token)s")

    # How somebody says it themselves, and nobody in the team for them.
    OWN_WORD = (Source.INBOUND, Source.NETWORK)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="opt_outs")
    phone = models.CharField(_("phone"), max_length=16)
    phone_key = key_column()
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.BY_HAND)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # As somebody wrote it, or one of `Lifted`: see `why_lifted`.
    lifted_reason = models.CharField(max_length=300, blank=True)
    # Whether what follows from it for campaigns under way was seen to (`delivery.stops`); every
    # change of what it says sets it back.
    is_followed_up = models.BooleanField(default=False)

    objects = OptOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = (
            # Also serves the question "has this person opted out?" when an audience is frozen.
            models.UniqueConstraint(
                fields=["team", "phone_key"],
                condition=open_opt_out(),
                name="one_open_opt_out_per_person",
            ),
        )
        indexes = (
            # The register, page by page.
            models.Index(fields=["team", "id"], name="opt_outs_in_order"),
            # A person's history, with the opt-outs that were lifted.
            models.Index(fields=["team", "phone_key"], name="opt_outs_of_a_person"),
            # What is still to be followed up.
            models.Index(
                fields=["id"], name="opt_outs_to_follow_up", condition=Q(is_followed_up=False)
            ),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return self.phone

    @property
    def why_lifted(self) -> str:
        """Why it counts no more, in the reader's words where the product knows why."""
        if self.lifted_reason.startswith(self.Lifted.BY_API):
            token = self.lifted_reason.removeprefix(self.Lifted.BY_API)
            return str(self.Lifted.BY_API.label) % {"token": token}
        known = dict(self.Lifted.choices)
        return str(known.get(self.lifted_reason, self.lifted_reason))

    @property
    def is_open(self) -> bool:
        """Whether it counts: nobody has lifted it."""
        return self.lifted_at is None
