"""What `check --deploy` says of settings that leave a production site open."""

from __future__ import annotations

import os
import sys

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from tests import effort
from tests.processes import run_to_its_end

pytestmark = pytest.mark.thorough

LONG = pytest.mark.long

GOOD = {
    "ALLOWED_HOSTS": ["campaigns.example.org"],
    "BASE_URL": "https://campaigns.example.org",
    "TRUSTED_PROXIES": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "INSECURE_COOKIES": False,
    "SECOND_FACTOR_REQUIRED": True,
}


def complaints(settings: Settings, **wrong: object) -> set[str]:
    for name, value in (GOOD | wrong).items():
        setattr(settings, name, value)
    found = run_checks(include_deployment_checks=True)
    told = {f"campaigns.E01{n}" for n in range(2, 7)} | {"campaigns.E020"}
    return {str(one.id) for one in found} & told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("ALLOWED_HOSTS", ["*"], "campaigns.E012"),
        ("BASE_URL", "http://campaigns.example.org", "campaigns.E013"),
        ("TRUSTED_PROXIES", 0, "campaigns.E014"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "campaigns.E015"),
        ("INSECURE_COOKIES", True, "campaigns.E016"),
        ("SECOND_FACTOR_REQUIRED", False, "campaigns.E020"),
    ],
)
def test_each_open_door_is_named(settings: Settings, name: str, value: object, code: str) -> None:
    assert complaints(settings) == set()
    assert complaints(settings, **{name: value}) == {code}


SOUND = {"BASE_URL": "https://campaigns.example.org", "SECRET_KEY": "0123456789abcdefgh" * 3}
TOLD = {"DEBUG", "DEMO", "INSECURE_COOKIES", *SOUND}


def serving(**environment: str) -> str:
    """What a web server says that begins with these settings, "" when it serves."""
    env = {name: value for name, value in os.environ.items() if name not in TOLD}
    answer = run_to_its_end(
        sys.executable, "-c", "import config.wsgi", env=env | SOUND | environment
    )
    return answer.stderr if answer.returncode else ""


def test_a_web_server_begins_with_sound_settings() -> None:
    assert serving() == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SECRET_KEY": "x" * 60}, "short enough to be guessed"),
        ({"SECRET_KEY_FALLBACKS": "short"}, "short enough to be guessed"),
        ({"INSECURE_COOKIES": "1", "BASE_URL": "http://127.example.org"}, "INSECURE_COOKIES is"),
        ({"DEBUG": "1", "BASE_URL": "http://localhost.example.org"}, "DEBUG is set"),
        # Beside what these show, the same at another address or with another word.
        pytest.param({"DEBUG": "1"}, "DEBUG is set", marks=LONG),
        pytest.param({"SECRET_KEY": "short"}, "short enough to be guessed", marks=LONG),
        pytest.param({"INSECURE_COOKIES": "1"}, "INSECURE_COOKIES is set", marks=LONG),
    ],
)
def test_a_web_server_begins_with_no_setting_that_gives_the_site_away(
    wrong: dict[str, str], sentence: str
) -> None:
    said = serving(**wrong)
    assert "No page is served." in said
    assert sentence in said


@pytest.mark.parametrize(
    "url",
    effort.long_but(
        ["http://127.0.0.1:8000"],
        ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]"],
    ),
)
def test_a_trial_on_this_machine_may_have_them(url: str) -> None:
    assert serving(DEBUG="1", SECRET_KEY="x", INSECURE_COOKIES="1", BASE_URL=url) == ""
