"""The sample file, to download on the upload page: 300 made-up people with real files' problems.

Numbers are from ranges set aside for fiction: North America 555-0100 to 555-0199, Australia
0491 57x xxx. Names are drawn at random from a fixed seed, so that the file is always the same.
"""

from __future__ import annotations

import csv
import io
import random

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from demo.names import DENTISTS, FIRST_NAMES, LAST_NAMES
from demo.sample.removing import remove_sample
from teams.access import Action, TeamRequest, page_of_team

HEADER = ["Mobile", "Full name", "Dentist", "Last visit", "City"]
PEOPLE = 300
_AREA_CODES = {"202": "Washington", "212": "New York", "312": "Chicago", "415": "San Francisco"}

# What a file from a till or a spreadsheet brings along: position in the file, and the cells.
_PROBLEMS = {
    17: ["4.15555E+09", "Jonas Weber", "Dr. Lind", "2026-02-10", "San Francisco"],
    41: ["555-013", "Priya Nair", "Dr. Lind", "2025-11-19", "Chicago"],
    58: ["", "Tom Hardy", "Dr. Osei", "2026-03-11", "New York"],
    120: ["call at work", "Lena Meyer", "Dr. Moreau", "2026-01-20", "Washington"],
    200: ["+61 491 570 156", "Zoë Oneill", "Dr. Osei", "2026-04-02", "Sydney"],
}


def sample_csv() -> str:
    """The whole file as text, with CRLF line ends as spreadsheets write them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows(_rows())
    return out.getvalue()


def _rows() -> list[list[str]]:
    # Not for secrets: the same file every time is the point.
    chance = random.Random(2026)  # noqa: S311
    numbers = [(area, line) for area in _AREA_CODES for line in range(100, 200)]
    chance.shuffle(numbers)
    rows = [_person(chance, *numbers[n]) for n in range(PEOPLE - len(_PROBLEMS) - 2)]
    # The same person twice, once with another spelling of the number.
    rows.insert(90, rows[3])
    rows.insert(150, [rows[8][0].replace("(", "+1 ").replace(")", ""), *rows[8][1:]])
    for position, cells in _PROBLEMS.items():
        rows.insert(position - 2, cells)
    return rows


def _person(chance: random.Random, area: str, line: int) -> list[str]:
    visit = f"{chance.choice([2025, 2026])}-{chance.randint(1, 9):02d}-{chance.randint(1, 28):02d}"
    name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
    dentist = chance.choice(DENTISTS)
    return [f"({area}) 555-0{line}", name, dentist, visit, _AREA_CODES[area]]


@require_safe
def sample_recipients(_request: HttpRequest) -> HttpResponse:
    """A CSV of made-up people with made-up problems."""
    # With a byte order mark, by which spreadsheets recognise UTF-8.
    answer = HttpResponse(sample_csv().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="patients-2026.csv"'
    return answer


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def remove(request: TeamRequest) -> HttpResponse:
    """Remove the sample, and nothing else."""
    if staying := remove_sample(request.team, request.user):
        sentence = _(
            "The sample is removed, except “%(name)s”, which is being sent. Remove the sample "
            "again when that is done."
        )
        messages.warning(request, sentence % {"name": staying[0]})
    else:
        messages.success(request, _("The sample is removed. Everything you made is still there."))
    return redirect("overview", request.team.slug)
