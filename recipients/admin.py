"""Recipients in the admin: lists can be put right here, all else is looked at."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from interface.admin_mixins import BigTableAdmin, ReadOnlyAdmin
from recipients.admin_phone_search import PhoneSearchAdmin
from recipients.models import (
    Export,
    FilterList,
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

_STATE_COLOURS = {
    ListImport.State.CHECKING: "warning",
    ListImport.State.QUEUED: "info",
    ListImport.State.IMPORTING: "info",
    ListImport.State.COMPLETED: "success",
    ListImport.State.FAILED: "danger",
    ListImport.State.STOPPED: "",
    ListImport.State.UNDONE: "",
}


class ListShareInline(TabularInline):  # type: ignore[misc]
    """Whom a list is lent to."""

    model = ListShare
    extra = 0
    autocomplete_fields = ("user",)
    readonly_fields = ("shared_by", "created_at")


@admin.register(RecipientList)
class RecipientListAdmin(BigTableAdmin):
    """Lists: name, owner, and who may use them. Lists are made by imports only."""

    list_display = (
        *("name", "team", "owner", "visibility", "recipient_count", "is_ready", "created_at"),
    )
    list_filter = ("visibility", "is_ready")
    list_select_related = ("team", "owner")
    search_fields = ("name", "team__name")
    autocomplete_fields = ("owner",)
    readonly_fields = (
        *("public_id", "team", "field_names", "is_ready", "recipient_count", "duplicate_count"),
        "shared_by",
        *("created_at", "updated_at", "archived_at", "archived_by", "deleted_at"),
    )
    inlines: ClassVar[list[type[TabularInline]]] = [ListShareInline]

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
    list_select_related = ("team", "uploaded_by")
    search_fields = ("file_name", "list_name", "=file_sha256")
    # The judgement holds cells of the file; it is for the one who uploaded it.
    exclude = ("judgement",)
    readonly_fields = ("what_failed",)

    @display(  # type: ignore[untyped-decorator]
        description=_("state"), label=_STATE_COLOURS, ordering="state"
    )
    def state_label(self, list_import: ListImport) -> tuple[str, str]:
        """The state as a coloured label."""
        return list_import.state, list_import.get_state_display()

    @admin.display(description=_("what failed"))
    def what_failed(self, list_import: ListImport) -> str:
        """The sentence the person saw."""
        return sentence_for(list_import.problem) if list_import.problem else ""


@admin.register(Recipient)
class RecipientAdmin(PhoneSearchAdmin):
    """The people of all lists."""

    list_display = ("phone", "name", "recipient_list", "occurrence", "row_number")
    list_select_related = ("recipient_list",)
    index_of = "recipient_list"


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    """Rows that became nobody."""

    list_display = ("list_import", "row_number", "reason", "code")
    list_select_related = ("list_import",)
    search_fields = ("=code", "=list_import__public_id")
    search_help_text = _("A reason's code, or the id of an import")
    ordering = ("-pk",)

    @admin.display(description=_("reason"))
    def reason(self, row: RejectedRow) -> str:
        """The words at the cell."""
        return str(REJECTIONS[row.code].short) if row.code in REJECTIONS else ""


@admin.register(OptOut)
class OptOutAdmin(PhoneSearchAdmin):
    """Who does not want messages. Added and lifted on the team's page, where a reason is asked."""

    list_display = ("phone", "team", "source", "created_by", "created_at", "lifted_at")
    list_filter = ("source", ("lifted_at", admin.EmptyFieldListFilter))
    list_select_related = ("team", "created_by")
    index_of = "team"


@admin.register(SavedFilter)
class SavedFilterAdmin(ReadOnlyAdmin):
    """Saved filters. They are made and changed on their own pages."""

    list_display = ("name", "team", "owner", "visibility", "created_at", "archived_at")
    list_filter = ("visibility",)
    search_fields = ("name", "team__name", "owner__name")
    list_select_related = ("team", "owner")
    ordering = ("-pk",)


@admin.register(FilterList)
class FilterListAdmin(ReadOnlyAdmin):
    """Which lists a saved filter looks at."""

    list_display = ("saved_filter", "recipient_list", "is_without")
    search_fields = ("saved_filter__name", "recipient_list__name")
    list_select_related = ("saved_filter", "recipient_list")
    ordering = ("-pk",)


class ListInOperationInline(TabularInline):  # type: ignore[misc]
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
    list_select_related = ("team", "started_by")
    search_fields = ("=public_id", "team__name", "started_by__email")
    ordering = ("-pk",)
    inlines: ClassVar[list[type[TabularInline]]] = [ListInOperationInline]


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Who took which data along, and when. Nobody changes this."""

    list_display = ("name", "kind", "team", "exported_by", "file_format", "row_count", "created_at")
    list_filter = ("kind", "file_format")
    list_select_related = ("team", "exported_by")
    search_fields = ("name", "team__name", "exported_by__email")
    exclude = ("stored_name", "claim_token", "lease_until", "attempts")
    ordering = ("-pk",)
