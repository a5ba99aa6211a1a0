"""The part of benchmarks.list_pages that needs Django: a large list, and somebody who uses it."""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from recipients.files.bulk_load import Row, load_rows
from recipients.files.table_files import csv_pieces, write_xlsx
from recipients.lists import exporting, list_filling, list_operations
from recipients.lists.list_search import KEYS, Order, values_of
from recipients.lists.paging import write_place
from recipients.models import ListOperation, OptOut, Recipient, RecipientList
from recipients.opting_out import opt_outs
from recipients.views.lists import RECIPIENTS_A_PAGE
from teams.models import Membership, Role, Team, User

COLUMNS = ("recipient_list_id", "phone", "occurrence", "name", "fields", "row_number")
# What people are called, and where they live.
WRITTEN = {
    "latin": ("Person", ("Ayr", "Boston", "Cork", "Derby")),
    "cyrillic": ("Мария Кузнецова", ("Аксай", "Брянск", "Воронеж", "Дмитров")),
}
OPT_OUTS = 20_000
TIMES = 15


def measured(people: str, letters: str) -> dict[str, float]:
    """Fill, look, make lists; seconds of each, and the process's largest size."""
    looker = Looker(int(people), letters)
    far = min(9_999, int(people) // RECIPIENTS_A_PAGE - 1)
    figures: dict[str, float] = {}
    for order in ("file", "phone", "name"):
        prefix = "" if order == "file" else f"{order}_"
        figures[f"{prefix}first_page"] = median(partial(looker.page, order, 0))
        figures[f"{prefix}far_page"] = median(partial(looker.page, order, far))
    figures["exact_phone"] = median(lambda: looker.ask(words=looker.phone))
    for name, words in looker.searches().items():
        figures[f"search_{name}"] = median(partial(looker.ask, words=words), 5)
    figures["rare_value"] = median(lambda: looker.ask(field="Code", value="c7"), 3)
    figures["common_value"] = median(lambda: looker.ask(field="Town", value=looker.towns[0]), 3)
    for name, act in looker.operations().items():
        figures[name] = took(act)
    figures["slowest_search"] = max(
        seconds for name, seconds in figures.items() if name.startswith("search_")
    )
    figures["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def median(act: Callable[[], Any], times: int = TIMES) -> float:
    act()
    return statistics.median(took(act) for _ in range(times))


def took(act: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


class Looker:
    """Somebody with a list of so many people, and a browser."""

    def __init__(self, people: int, letters: str) -> None:
        self.called, self.towns = WRITTEN[letters]
        self.team = Team.objects.create(name="Benchmark", slug="benchmark", daily_limit=None)
        self.user = User.objects.create_user("benchmark@example.org", name="Benchmark")
        Membership.objects.create(team=self.team, user=self.user, role=Role.OWNER)
        self.list = RecipientList.objects.create(
            team=self.team,
            owner=self.user,
            name="Everybody",
            field_names=["Town", "Code"],
            is_ready=True,
            recipient_count=people,
        )
        with transaction.atomic():
            load_rows(Recipient._meta.db_table, COLUMNS, self._rows(people))
        every = max(people // OPT_OUTS, 1)
        phones = {phone_of(n) for n in range(0, people, every)}
        opt_outs.add_opt_outs(self.team, phones, OptOut.Source.BY_HAND, self.user)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # As autovacuum does some minutes after an import.
                cursor.execute("VACUUM ANALYZE")
        self.client = Client()
        self.client.force_login(self.user)
        self.phone, self.name = phone_of(people - 3), f"{self.called} {people - 3}"
        self._places: dict[tuple[str, int], str] = {}

    def _rows(self, people: int) -> Iterator[Row]:
        for n in range(people):
            fields = f'{{"Town": "{self.towns[n % 4]}", "Code": "c{n}"}}'
            yield (self.list.pk, phone_of(n), 0, f"{self.called} {n}", fields, n + 2)

    def page(self, order: str, number: int) -> None:
        """Open the page of that number, counted from 0."""
        place = self._place(order, number)
        if order == Order.FILE:
            self._check(self.client.get(self._url("list"), {"after": place}))
        else:
            self.ask(order=order, after=place)

    def ask(self, **fields: str) -> None:
        """Look for people as the form on the page does."""
        headers = {"HX-Request": "true"}
        answer = self.client.post(self._url("list-search"), fields, headers=headers)
        assert answer.status_code == 200, answer.status_code

    def searches(self) -> dict[str, str]:
        """What is typed, by what makes it hard."""
        number = self.name.removeprefix(f"{self.called} ")
        return {
            "rare_name": self.name,
            "common_name": self.called[:4].lower(),
            "rare_value": f"C{number}",
            "common_value": self.towns[2].lower(),
            "two_words": f"{self.towns[3][:4].lower()} {number}",
            "number": self.phone[-7:],
            "two_letters_nowhere": "qz",
            "field_name": "town",
            "beyond_ascii": "Ölçüm",
            "without_ascii": "лебедев",
            "nobody": "nobody at all",
        }

    def operations(self) -> dict[str, Callable[[], Any]]:
        """What is done with whole lists, in this order."""
        return {
            "values_s": lambda: values_of(self.list, "Town"),
            "copy_s": lambda: self._run(list_operations.copy(self.list, self.user, "Copy")),
            "merge_s": lambda: self._run(
                list_operations.merge([self.list, self._copy], self.user, "Both", each_once=True)
            ),
            "split_s": lambda: self._run(
                list_operations.split(self.list, self.user, "Town", self.towns)
            ),
            "subtract_s": lambda: self._run(
                list_operations.subtract(self.list, [self._copy], self.user, "Nobody")
            ),
            "csv_s": lambda: deque(csv_pieces(*exporting.table_of(self.list)), maxlen=0),
            "xlsx_s": self._write_xlsx,
        }

    @cached_property
    def _copy(self) -> RecipientList:
        return RecipientList.objects.get(name="Copy")

    def _run(self, operation: ListOperation) -> None:
        list_filling.run_operation(operation.pk)
        operation.refresh_from_db()
        assert operation.state == ListOperation.State.COMPLETED

    def _write_xlsx(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_xlsx(Path(folder) / "list.xlsx", *exporting.table_of(self.list))

    def _place(self, order: str, number: int) -> str:
        if not number:
            return ""
        if (order, number) not in self._places:
            rows = Recipient.objects.filter(recipient_list=self.list)
            keys = rows.order_by(*KEYS[Order(order)]).values_list("pk", flat=True)
            self._places[order, number] = write_place(keys[number * RECIPIENTS_A_PAGE - 1])
        return self._places[order, number]

    def _url(self, name: str) -> str:
        return reverse(name, args=[self.team.slug, self.list.public_id])

    def _check(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.status_code
        assert f"{self.called} " in answer.content.decode()


def phone_of(number: int) -> str:
    """Spread over the numbers there are, so that the order by phone is another one."""
    return f"+1{2_000_000_000 + number * 7_919 % 7_999_999_993}"
