"""Finding phones in tables of a million rows: whole or by their beginning, along an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from interface.admin_mixins import ReadOnlyAdmin

Row = TypeVar("Row", bound=Model)
# "+" and a country code of one digit say nothing yet.
_FEWEST_DIGITS, _MOST_DIGITS = 2, 15


class PhoneSearchAdmin(ReadOnlyAdmin):
    """Searched by a phone, of which only the digits count; in the order of an index meanwhile.

    The index begins with `index_of`, and then comes the phone.
    """

    search_fields = ("phone",)
    search_help_text = _("The beginning of a phone number, with its country code: +1415…")
    ordering = ("-pk",)
    index_of = ""

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """By phone while something is looked for: the newest first would read the whole table."""
        return (self.index_of, "phone") if request.GET.get("q", "").strip() else self.ordering

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
        span = {"phone__gte": f"+{digits}", "phone__lte": f"+{digits:9<{_MOST_DIGITS}}"}
        # One look into the index for each list, or for each team.
        whose = {f"{self.index_of}__in": owners._default_manager.values("pk")}
        return queryset.filter(**whose, **span), False
