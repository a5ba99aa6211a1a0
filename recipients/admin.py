"""Recipients in the admin: lists can be put right here, all else is looked at."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.admin import TabularInline
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from interface.admin_mixins import BigTableAdmin, ReadOnlyAdmin, labelled, show_only
from recipients.models import (
    Export,
    FailingNumber,
    ListImport,
    ListInOperation,
    ListOperation,
    ListShare,
    OptOut,
    Recipient,
    RecipientList,
    RejectedRow,
    SavedFilter,
)
from recipients.sentences import REJECTIONS, sentence_for
from recipients.subscriber_keys import beginnings_of_keys
from trail.admin_acts import NotedAdmin

_STATE_COLOURS = {
    ListImport.State.CHECKING: "warning",
    ListImport.State.QUEUED: "info",
    ListImport.State.IMPORTING: "info",
    ListImport.State.COMPLETED: "success",
    ListImport.State.FAILED: "danger",
    ListImport.State.STOPPED: "",
    ListImport.State.UNDONE: "",
}
Row = TypeVar("Row", bound=Model)
# "+" and a country code of one digit say nothing yet.
_FEWEST_DIGITS, _MOST_DIGITS = 2, 15


class ListShareInline(TabularInline):  # type: ignore[type-arg]
    """Whom a list is lent to."""

    model = ListShare
    extra = 0
    autocomplete_fields = ("user",)
    readonly_fields = ("shared_by", "created_at")


@admin.register(RecipientList)
class RecipientListAdmin(NotedAdmin, BigTableAdmin):
    """Lists: name, owner, and who may use them. Lists are made by imports only."""

    list_display = (
        *("name", "team", "owner", "visibility", "recipient_count", "is_ready", "created_at"),
    )
    list_filter = ("visibility", "is_ready")
    search_fields = ("name", "team__name")
    autocomplete_fields = ("owner",)
    readonly_fields = (
        *("public_id", "team", "field_names", "is_ready", "recipient_count", "duplicate_count"),
        "shared_by",
        *("created_at", "updated_at", "archived_at", "archived_by", "deleted_at"),
    )
    inlines: ClassVar[Any] = [ListShareInline]

    def has_add_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        # A million people would be deleted within one request, and campaigns speak of the list.
        return False


@admin.register(ListImport)
class ListImportAdmin(ReadOnlyAdmin):
    """Uploaded files and what became of them."""

    list_display = (
        *("file_name", "team", "uploaded_by", "state_label", "rows_done", "recipient_count"),
        *("duplicate_count", "rejected_count", "created_at"),
    )
    list_filter = ("state",)
    search_fields = ("file_name", "list_name", "=file_sha256")
    # The judgement holds cells of the file; it is for the one who uploaded it.
    exclude = ("judgement",)
    readonly_fields = ("what_failed",)

    @labelled(description=_("state"), label=_STATE_COLOURS, ordering="state")
    def state_label(self, list_import: ListImport) -> tuple[str, str]:
        """The state as a coloured label."""
        return list_import.state, list_import.get_state_display()

    @admin.display(description=_("what failed"))
    def what_failed(self, list_import: ListImport) -> str:
        """The sentence the person saw."""
        return sentence_for(list_import.problem) if list_import.problem else ""


class PhoneSearchAdmin(ReadOnlyAdmin):
    """Searched by a phone, of which only the digits count; in the order of an index meanwhile.

    The index begins with `index_of`, and then comes the key of the phone.
    """

    search_fields = ("phone",)
    search_help_text = _("The first digits of a phone number, with the country code: +1415…")
    index_of = ""

    def get_ordering(self, request: HttpRequest) -> Any:
        """By phone while something is looked for: the newest first would read the whole table."""
        return (self.index_of, "phone_key") if request.GET.get("q", "").strip() else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """The rows whose phone begins with these digits; none for what has too few or too many."""
        del request
        if not search_term.strip():
            return queryset, False
        digits = "".join(filter(str.isdigit, search_term))
        if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
            return queryset.none(), False
        owners: Any = queryset.model._meta.get_field(self.index_of).related_model
        spans = Q()
        for beginning in beginnings_of_keys(f"+{digits}"):
            last = beginning.ljust(1 + _MOST_DIGITS, "9")
            spans |= Q(phone_key__gte=beginning, phone_key__lte=last)
        # One look into the index for each list, or for each team.
        whose = {f"{self.index_of}__in": owners._default_manager.values("pk")}
        return queryset.filter(spans, **whose), False


@admin.register(Recipient)
class RecipientAdmin(PhoneSearchAdmin):
    """The people of all lists."""

    list_display = ("phone", "name", "recipient_list", "occurrence", "row_number")
    index_of = "recipient_list"


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    """Rows that became nobody."""

    list_display = ("list_import", "row_number", "reason", "code")
    search_fields = ("=code", "=list_import__public_id")
    search_help_text = _("The code of a reason, or the id of an import")

    @admin.display(description=_("reason"))
    def reason(self, row: RejectedRow) -> str:
        """The words at the cell."""
        return str(REJECTIONS[row.code].short) if row.code in REJECTIONS else ""


@admin.register(OptOut)
class OptOutAdmin(PhoneSearchAdmin):
    """Who does not want messages. Added and lifted on the team's page, where a reason is asked."""

    list_display = ("phone", "team", "source", "created_by", "created_at", "lifted_at")
    list_filter = ("source", ("lifted_at", admin.EmptyFieldListFilter))
    index_of = "team"


@admin.register(FailingNumber)
class FailingNumberAdmin(PhoneSearchAdmin):
    """Which numbers do not work. Noted from reports, and let back on the team's page."""

    list_display = ("phone", "team", "medium", "failures", "error_code", "failed_at")
    list_filter = ("medium",)
    index_of = "team"


# Saved filters. They are made and changed on their own pages.
show_only(
    SavedFilter,
    "name team owner visibility created_at archived_at",
    filters="visibility",
    search="name team__name owner__name",
)


class ListInOperationInline(TabularInline):  # type: ignore[type-arg]
    """The lists of an operation, each with its part in it."""

    model = ListInOperation
    extra = 0
    fields = readonly_fields = ("part", "recipient_list", "value")
    can_delete = False

    def has_add_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


@admin.register(ListOperation)
class ListOperationAdmin(ReadOnlyAdmin):
    """Lists made out of lists: copies, merges, parts and differences."""

    list_display = ("kind", "team", "started_by", "state", "rows_done", "rows_total", "created_at")
    list_filter = ("kind", "state")
    search_fields = ("=public_id", "team__name", "started_by__email")
    inlines: ClassVar[Any] = [ListInOperationInline]


# Who took which data along, and when. Nobody changes this.
show_only(
    Export,
    "name kind team exported_by file_format row_count created_at",
    filters="kind file_format",
    search="name team__name exported_by__email",
    exclude=("stored_name", "claim_token", "lease_until", "attempts"),
)
