"""Every odd or hostile file becomes a list that adds up, or gets a sentence; none an error page."""

from __future__ import annotations

import csv
import io

import pytest

from recipients.imports import importing
from recipients.models import ListImport, Recipient, RejectedRow
from tests.recipients.conftest import Door
from tests.recipients.hostile_files import Case, cases
from tests.recipients.test_upload import sentence

pytestmark = [pytest.mark.either_database, pytest.mark.thorough]

ALL = cases()
# What a spreadsheet may take for a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def test_there_are_many() -> None:
    assert len(ALL) >= 120


@pytest.mark.parametrize("case", [one for one in ALL if one.refused], ids=lambda case: case.name)
def test_refused_with_a_sentence(door: Door, case: Case) -> None:
    response = door.upload(case.content, case.file_name)
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith(case.refused)
    assert not ListImport.objects.exists()


@pytest.mark.parametrize(
    "case", [one for one in ALL if not one.refused], ids=lambda case: case.name
)
def test_read_and_accounted_for(door: Door, case: Case) -> None:
    made = door.checked(case.content, case.file_name)
    page = door.get("import", made)
    assert page.status_code == 200
    assert case.says in page.content.decode()
    judged = made.judgement
    assert (judged["ready"], judged["duplicates"]) == (case.ready, case.duplicates)
    assert judged["rejected"] == case.rejected
    assert_safe(door, made)
    confirmed = door.post("import-confirm", made, list_name="List")
    if not case.ready:
        assert confirmed.status_code == 422
        return
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == ListImport.State.COMPLETED
    rows = Recipient.objects.filter(recipient_list=made.recipient_list)
    assert rows.filter(occurrence=0).count() == made.recipient_count == case.ready
    assert rows.filter(occurrence__gt=0).count() == made.duplicate_count == case.duplicates
    assert RejectedRow.objects.count() == made.rejected_count == sum(case.rejected.values())
    if case.fields is not None:
        assert rows.order_by("pk")[0].fields == case.fields
    assert made.recipient_list is not None
    assert door.open(made.recipient_list).status_code == 200


def assert_safe(door: Door, made: ListImport) -> None:
    """No cell of the rows that need a look is a formula."""
    response = door.get("rejected-rows", made)
    if response.status_code == 302:
        # Which column is the phone is still asked.
        return
    report = b"".join(response).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(report), delimiter=made.reading["delimiter"]):
        assert not any(cell.startswith(FORMULA_STARTS) for cell in row)
