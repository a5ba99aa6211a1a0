"""Settings that would cost people a doubled or lost message, found at start instead of at night."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.db import connections

from sociocs_accounts.lanes import MOST_PEOPLE_PER_JOB

SHORTEST_LEAD = 120
TRIAL = "Only a trial on the sandbox (DEMO=1) may do this."


def sending_settings(**_: Any) -> list[CheckMessage]:
    """E001-E005: what handing over rests on; E009-E011, E021: where files are kept."""
    check_messages: list[CheckMessage] = []
    if settings.LEAD_SECONDS < SHORTEST_LEAD and not settings.DEMO:
        check_messages.append(
            Error(
                f"LEAD_SECONDS is {settings.LEAD_SECONDS}: too short to take a job back, or to "
                "outlast a slow answer.",
                hint=f"Set it to {SHORTEST_LEAD} or more. {TRIAL}",
                id="campaigns.E001",
            )
        )
    if settings.FAILPOINTS and not settings.DEMO:
        check_messages.append(
            Error(
                "FAILPOINTS is set: workers would kill themselves.",
                hint=f"Unset it. {TRIAL}",
                id="campaigns.E002",
            )
        )
    if not 1 <= settings.RECIPIENTS_PER_SUBMISSION <= MOST_PEOPLE_PER_JOB:
        check_messages.append(
            Error(
                "RECIPIENTS_PER_SUBMISSION must be between 1 and 10,000.",
                hint="The vendor names no limit for a job; 1,000 is a safe choice.",
                id="campaigns.E003",
            )
        )
    if not 5 <= settings.SOCIOCS_TIMEOUT_SECONDS <= 60:
        # Single messages are handed over this and 40 seconds ahead, one a second, and Sociocs lists
        # a hundred: with a longer one they could not be found again.
        check_messages.append(
            Error(
                "SOCIOCS_TIMEOUT_SECONDS must be between 5 and 60.",
                hint="60 is a good choice. With more, single messages whose answer is lost "
                "could not be found again.",
                id="campaigns.E004",
            )
        )
    return check_messages + _encryption_keys() + _media()


def _media() -> list[CheckMessage]:
    check_messages: list[CheckMessage] = []
    if settings.MEDIA_LINK_LOOPBACK and not settings.DEMO:
        check_messages.append(
            Error(
                "MEDIA_LINK_LOOPBACK is set: members could look at services of this machine.",
                hint=f"Unset it. {TRIAL}",
                id="campaigns.E009",
            )
        )
    if settings.EVENTS_TO_LOOPBACK and not settings.DEMO:
        check_messages.append(
            Error(
                "EVENTS_TO_LOOPBACK is set: members could send to services of this machine.",
                hint=f"Unset it. {TRIAL}",
                id="campaigns.E012",
            )
        )
    if settings.MEDIA_BUCKET and f"{settings.BASE_URL}/media" == settings.MEDIA_BASE_URL:
        check_messages.append(
            Error(
                "MEDIA_BUCKET is set and MEDIA_BASE_URL is not: messages would carry addresses at "
                "which there is nothing.",
                hint="Set MEDIA_BASE_URL to the address at which everybody can read the bucket.",
                id="campaigns.E010",
            )
        )
    if settings.FILES_BUCKET and settings.FILES_BUCKET == settings.MEDIA_BUCKET:
        check_messages.append(
            Error(
                "FILES_BUCKET is MEDIA_BUCKET, which everybody can read: lists of people would lie "
                "in it.",
                hint="Make another bucket that only the key of MEDIA_BUCKET_KEY_ID opens.",
                id="campaigns.E021",
            )
        )
    if settings.MEDIA_BUCKET_ENDPOINT and "://" not in settings.MEDIA_BUCKET_ENDPOINT:
        check_messages.append(
            Error(
                "MEDIA_BUCKET_ENDPOINT is no address.",
                hint="Begin it with https://, or leave it empty for a bucket of Amazon's.",
                id="campaigns.E011",
            )
        )
    return check_messages


def _encryption_keys() -> list[CheckMessage]:
    for key in settings.FIELD_ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            return [
                Error(
                    "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key.",
                    hint="Make one with `openssl rand -base64 32 | tr '+/' '-_'`; separate several "
                    "with commas, the newest first.",
                    id="campaigns.E005",
                )
            ]
    return []


def durable_sqlite(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """E006: an intent that a power cut could take back is no intent."""
    check_messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "sqlite":
            continue
        with connection.cursor() as cursor:
            synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        if synchronous < 2:
            check_messages.append(
                Error(
                    "SQLite runs with synchronous below FULL: a power cut could lose the record "
                    "of a message that was sent.",
                    hint="Remove the PRAGMA synchronous from the database's options.",
                    id="campaigns.E006",
                )
            )
    return check_messages


def production_settings(**_: Any) -> list[CheckMessage]:
    """E007-E008, E012-E016, E020, W001: what must be so before real people are messaged."""
    check_messages: list[CheckMessage] = []
    if not settings.FIELD_ENCRYPTION_KEYS:
        check_messages.append(
            Error(
                "FIELD_ENCRYPTION_KEYS is empty: no API key can be stored.",
                hint="Make one with `openssl rand -base64 32 | tr '+/' '-_'`.",
                id="campaigns.E007",
            )
        )
    if settings.DEMO or settings.SANDBOX_URL:
        check_messages.append(
            Error(
                "DEMO or SANDBOX_URL is set: the demo account and the sandbox belong to a trial.",
                hint="Unset both for production.",
                id="campaigns.E008",
            )
        )
    if not settings.SOCIOCS_BASE_URL.startswith("https://"):
        check_messages.append(
            checks.Warning(
                "SOCIOCS_BASE_URL is not an https address.",
                hint="API keys and recipients travel there. Only a loopback address may be http.",
                id="campaigns.W001",
            )
        )
    return check_messages + _open_doors()


def _open_doors() -> list[CheckMessage]:
    """E012-E016, E020: what leaves a production site open to strangers, or tells its secrets."""
    is_public = settings.BASE_URL.startswith("https://")
    wrong = (
        (
            "E012",
            "*" in settings.ALLOWED_HOSTS,
            "ALLOWED_HOSTS is *: anybody's host name is believed.",
            "Name the hosts that the dashboard answers to.",
        ),
        (
            "E013",
            not is_public,
            "BASE_URL is not an https address: links in e-mails lead there, with their secrets.",
            "Set it to the https address that people reach the dashboard at.",
        ),
        (
            "E014",
            is_public and not settings.TRUSTED_PROXIES,
            "TRUSTED_PROXIES is 0: all visitors seem to come from the proxy, and share one limit.",
            "Set it to how many proxies in front add to X-Forwarded-For.",
        ),
        (
            "E015",
            settings.EMAIL_BACKEND.endswith("console.EmailBackend"),
            "EMAIL_URL is not set: invitations and links for a new password land in the log.",
            "Set it to a mail server, such as smtp+tls://user:password@host:587.",
        ),
        (
            "E016",
            settings.INSECURE_COOKIES,
            "INSECURE_COOKIES is set: sessions travel in plain text.",
            "Unset it; it is for plain http on this machine.",
        ),
        (
            "E020",
            not settings.SECOND_FACTOR_REQUIRED,
            "SECOND_FACTOR_REQUIRED is off: a password alone opens the admin and the teams.",
            "Unset it, or set it to 1; only a trial goes without.",
        ),
    )
    return [
        Error(what, hint=hint, id=f"campaigns.{code}") for code, is_so, what, hint in wrong if is_so
    ]
