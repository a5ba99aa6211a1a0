"""What `check --deploy` says of settings that leave a production site open."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

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
