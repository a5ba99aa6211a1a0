"""Finding people in one list: by name or phone, by the value of a field, in one of three orders.

Pages go by key, so that the ten-thousandth is as quick as the first: each order follows an index.
A search by words (`recipients.searching`) and one by a field's value look through the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import F, Func, QuerySet, TextField, Value

from recipients.comparing import composed
from recipients.models import Recipient, RecipientList
from recipients.searching import holding

# So many values of a field are told apart on a page.
VALUES_SHOWN = 100


class Order(StrEnum):
    """In which order people are shown."""

    FILE = "file"
    PHONE = "phone"
    NAME = "name"


# What a page's place is made of; the last of them tells any two rows apart.
KEYS: dict[Order, tuple[str, ...]] = {
    Order.FILE: ("pk",),
    Order.PHONE: ("phone_key", "occurrence"),
    Order.NAME: ("name", "pk"),
}


@dataclass(frozen=True)
class PeopleQuery:
    """Who is looked for. `value` is compared with `field_name`, if there is one; "" means empty."""

    words: str = ""
    field_name: str = ""
    value: str = ""
    order: Order = field(default=Order.FILE)

    @property
    def is_narrow(self) -> bool:
        """Whether it may leave somebody out."""
        return bool(self.words.strip() or self.field_name)


class FieldValue(Func):
    """The text of a recipient's field, whatever the field is called; "" where it is empty.

    `KeyTextTransform` would take a field named "2024" for a place in an array.
    """

    output_field = TextField()

    def __init__(self, name: str) -> None:
        super().__init__(F("fields"), Value(name))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "COALESCE(jsonb_extract_path_text(%(expressions)s), '')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "COALESCE((SELECT value FROM json_each(%(expressions)s), '')"
        return self.as_sql(
            compiler, connection, template=template, arg_joiner=") WHERE key = ", **context
        )


def field_value_sql(column: str) -> str:
    """The same for SQL written by hand: `column` holds the fields, %s takes the field's name."""
    if connection.vendor == "postgresql":
        return f"COALESCE(jsonb_extract_path_text({column}, %s), '')"
    return f"COALESCE((SELECT value FROM json_each({column}) WHERE key = %s), '')"  # noqa: S608


def search_people(recipient_list: RecipientList, question: PeopleQuery) -> QuerySet[Recipient]:
    """Those of the list whom the question is about; in no order."""
    recipients = Recipient.objects.filter(recipient_list=recipient_list)
    if question.words.strip():
        country = recipient_list.team.default_country
        recipients = holding(recipients, question.words, country, recipient_list.field_names)
    if question.field_name:
        recipients = recipients.alias(_value=FieldValue(question.field_name)).filter(
            _value=composed(question.value)
        )
    return recipients


def values_of(recipient_list: RecipientList, field_name: str) -> list[tuple[str, int]]:
    """The values of a field with how many rows have each, the commonest first.

    At most VALUES_SHOWN + 1: with one more there are too many to show.
    """
    table = connection.ops.quote_name(Recipient._meta.db_table)
    value = field_value_sql("r.fields")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {value}, COUNT(*) FROM {table} r WHERE r.recipient_list_id = %s "  # noqa: S608
            "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s",
            [field_name, recipient_list.pk, VALUES_SHOWN + 1],
        )
        return [(value, count) for value, count in cursor.fetchall()]
