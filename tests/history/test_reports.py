"""A campaign's people and the history as files: whole, safe, and only for who asked."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from python_calamine import CalamineWorkbook

from campaigns.models import Campaign, CampaignRecipient
from delivery import delivery_reports
from history import reporting
from history.models import Report
from recipients import claiming
from recipients.files import made_files, table_files
from recipients.models import RecipientList
from teams.models import User
from tests import world
from tests.browsing import Desk, Page, text_of
from tests.desks import DeskOf, a_kept_campaign, again
from tests.world import accepted, job, unclear

MOMENT = "2026-12-01T15:00Z"
pytestmark = [pytest.mark.both_databases, pytest.mark.thorough, pytest.mark.at(MOMENT)]


@pytest.fixture(scope="module")
def kept_campaign(kept: None) -> Campaign:
    return a_kept_campaign(MOMENT, 4)


@pytest.fixture
def launched(
    kept_campaign: Campaign, patients: RecipientList, settings: Settings, tmp_path: Path
) -> Campaign:
    """Twelve people in three jobs: handed over, unclear, waiting; with a column of their own."""
    settings.RECIPIENTS_PER_SUBMISSION = 4
    settings.EXPORTS_DIR = tmp_path / "exports"
    patients.field_names = ["Dentist"]
    patients.save()
    launched = again(kept_campaign)
    everybody = launched.recipients.all()
    everybody.update(fields={"Dentist": "=HYPERLINK(1)"})
    everybody.filter(position=1).update(name="@Émile")
    accepted(job(launched, 1), "kQ2x81Vb")
    unclear(job(launched, 2))
    return launched


def rows_of(page: Page) -> list[list[str]]:
    content = b"".join(page.streaming_content) if page.streaming else page.content
    if content.startswith(b"PK"):
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[str(cell) for cell in row] for row in sheet.to_python()]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_everybody_is_in_it_with_their_columns_job_and_state(
    desk: Desk, launched: Campaign, file_format: str
) -> None:
    assert launched.channel is not None
    first = launched.recipients.order_by("position")[0]
    delivery_reports.credit_message(launched.channel, "m1", first)
    first.sent_messages.update(status="failed", error_code="30003")
    CampaignRecipient.objects.filter(phone="+12025550002").update(left_out="opted_out")

    for n, stopped in ((5, "blocked"), (6, "taken_out"), (7, "too_late")):
        late = CampaignRecipient.objects.filter(phone=f"+1202555000{n}")
        late.update(stopped=stopped, left_out="opted_out" if stopped == "taken_out" else "")

    page = desk.post("report-campaign", launched, format=file_format)

    header, *rows = rows_of(page)
    assert header[:6] == ["Phone", "Name", "Dentist", "Job", "Job id", "Status"]
    assert [row[0] for row in rows] == [f"+120255500{n:02}" for n in range(12)]
    mark = "'" if file_format == "csv" else ""
    assert rows[0][2:6] == [f"{mark}=HYPERLINK(1)", "1", "kQ2x81Vb", "Failed"]
    assert rows[0][7:9] == ["Failed", "30003"]
    assert "switched off" in rows[0][9]
    assert rows[2][5] == "Not sent"
    assert rows[2][10] == "opted out"
    assert [row[10] for row in rows[5:8]] == [
        "opted out later: blocked at Sociocs",
        "opted out later: taken out in time",
        "",
    ]
    assert rows[4][3:6] == ["2", "", "May have been sent"]
    assert rows[11][3:6] == ["3", "", "Still to send"]
    assert page["Content-Disposition"].endswith(f'.{file_format}"')


def test_pieces_leave_nobody_out(
    desk: Desk, launched: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "_PEOPLE_A_READ", 5)
    _header, *rows = rows_of(desk.post("report-campaign", launched, format="csv"))
    assert [row[0] for row in rows] == [f"+120255500{n:02}" for n in range(12)]
    assert [row[3] for row in rows] == ["1"] * 4 + ["2"] * 4 + ["3"] * 4


def test_who_took_it_stands_in_the_timeline(desk: Desk, launched: Campaign, alice: User) -> None:
    desk.post("report-campaign", launched, format="csv")
    assert "Alice Moreau exported it with its 12 people" in text_of(desk.get("campaign", launched))
    assert Report.objects.get().asked_by == alice


def test_a_draft_has_nothing_to_report(desk: Desk, draft: Campaign) -> None:
    assert desk.post("report-campaign", draft).status_code == 404
    assert not Report.objects.exists()


def test_the_history_as_it_is_filtered(
    desk: Desk, launched: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert launched.channel is not None
    for n in range(5):
        world.a_campaign(launched.channel, name=f"=Sale {n}")
    monkeypatch.setattr(reporting, "_CAMPAIGNS_A_READ", 2)
    header, *rows = rows_of(desk.post("report-history", format="csv", status="draft"))
    assert header[0] == "Campaign"
    assert [row[0] for row in rows] == [f"'=Sale {n}" for n in (4, 3, 2, 1, 0)]
    header, *rows = rows_of(desk.post("report-history", format="csv", status="running"))
    states = dict(zip(header[5:12], rows[0][5:12], strict=True))
    assert rows[0][4] == "12"
    assert states == {
        "Delivered": "0",
        "On its way": "0",
        "No report yet": "0",
        "Failed": "0",
        "May have been sent": "4",
        "Not sent": "0",
        "Still to send": "8",
    }


# --- Large ones -----------------------------------------------------------------------------------


@pytest.fixture
def large(desk: Desk, launched: Campaign, monkeypatch: pytest.MonkeyPatch) -> Report:
    """A report that is too large to wait for."""
    monkeypatch.setattr(made_files, "ROWS_AT_ONCE", 5)
    answer = desk.post("report-campaign", launched, format="xlsx")
    found = Report.objects.get()
    assert answer["Location"] == desk.url("report", None, found.public_id)
    return found


def file_of(desk: Desk, report: Report) -> Any:
    return desk.client.get(desk.url("report-file", None, report.public_id))


def test_a_large_one_is_made_in_the_background_and_fetched_by_who_asked(
    desk: Desk, desk_of: DeskOf, large: Report, sami: User
) -> None:
    page_url = desk.url("report", None, large.public_id)
    assert "0 of 12 people are written" in text_of(desk.client.get(page_url))
    assert reporting.reports_to_make() == [large.pk]
    reporting.make_report(large.pk)
    assert reporting.reports_to_make() == []
    assert "Download" in text_of(desk.client.get(page_url))
    assert len(rows_of(file_of(desk, large))) == 13
    assert file_of(desk_of(sami), large).status_code == 404


def test_after_a_day_it_is_gone(desk: Desk, large: Report) -> None:
    reporting.make_report(large.pk)
    Report.objects.update(ready_at=timezone.now() - timedelta(days=1))
    assert file_of(desk, large).status_code == 302
    page = desk.client.get(desk.url("report", None, large.public_id))
    assert "This file is no longer kept here." in text_of(page)


def test_a_killed_one_is_made_anew_but_not_for_ever(
    large: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(table_files, "write_xlsx", die)
    for _ in range(claiming.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            reporting.make_report(large.pk)
        assert reporting.reports_to_make() == []
        Report.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert reporting.reports_to_make() == [large.pk]
    reporting.make_report(large.pk)
    large.refresh_from_db()
    assert large.state == "failed"


def test_our_columns_are_told_apart_from_the_persons_own(
    desk: Desk, launched: Campaign, patients: RecipientList
) -> None:
    patients.field_names = ["status", "Job", "Status (campaign)", "Name"]
    patients.save()
    launched.recipients.update(fields={"status": "Ohio", "Name": "Ltd"})
    header, first, *_others = rows_of(desk.post("report-campaign", launched, format="csv"))
    assert header[:6] == [
        *("Phone", "Name (campaign)", "status", "Job"),
        *("Status (campaign)", "Name"),
    ]
    assert header[6:9] == ["Job (campaign)", "Job id", "Status (campaign 2)"]
    assert len({name.casefold() for name in header}) == len(header)
    line = dict(zip(header, first, strict=True))
    assert (line["status"], line["Name"]) == ("Ohio", "Ltd")
    assert line["Status (campaign 2)"] == "Still to send"


def test_the_history_says_who_was_left_out_and_why(desk: Desk, launched: Campaign) -> None:
    Campaign.objects.filter(pk=launched.pk).update(left_out={"failing_number": 2, "opted_out": 1})
    header, row = rows_of(desk.post("report-history", format="csv", status="running"))
    line = dict(zip(header, row, strict=True))
    assert line["Left out"] == "3"
    assert line["Left out because"] == "1 opted out, 2 numbers do not work"
