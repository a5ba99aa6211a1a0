"""Spanish, whether it is offered already or not: its plurals, days, numbers and shares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from pytest_django.fixtures import Settings

from interface.dates import written
from interface.templatetags.interface import duration
from interface.wording import number, people, percent
from tests.client import Client

MOMENT = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_spanish(settings: Settings) -> Iterator[None]:
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    with translation.override("es"):
        yield


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("D j M, H:i", "lun 30 nov, 09:05"),
        ("j M Y", "30 nov 2026"),
        ("F Y", "noviembre de 2026"),
        ("l, j M Y", "lunes, 30 de noviembre de 2026"),
        ("G:i", "9:05"),
    ],
)
def test_days_are_written_as_spanish_does(form: str, shown: str) -> None:
    assert written(MOMENT, form) == shown


def test_numbers_shares_and_people_are_written_as_spanish_does() -> None:
    assert number(16030) == "16\N{NO-BREAK SPACE}030"
    assert percent(97.44) == "97,4\N{NO-BREAK SPACE}%"
    assert (people(1), people(2)) == ("1 persona", "2 personas")
    assert duration(timedelta(days=2, hours=4)) == "2 días 4 h"


def test_english_is_written_as_ever() -> None:
    with translation.override("en"):
        assert written(MOMENT, "D j M, H:i") == "Mon 30 Nov, 09:05"
        assert written(MOMENT, "l j F, H:i") == "Monday 30 November, 09:05"
        assert (number(16030), percent(97.44)) == ("16,030", "97.4%")


@pytest.mark.parametrize("asked", ["es", "es-MX,en;q=0.5", "es-419"])
def test_every_spanish_of_browsers_gets_it(db: None, asked: str) -> None:
    page = Client().get(reverse("sign-in"), headers={"accept-language": asked}).content.decode()
    assert '<html lang="es" dir="ltr">' in page
    assert "Iniciar sesión" in page
