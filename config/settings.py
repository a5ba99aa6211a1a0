"""Every setting of the project, read from the environment and nowhere else.

docs/settings.md, `.env.example` and this file name the same variables; a test keeps them together.
A secret may also come from a file: set `NAME_FILE` to its path instead of `NAME`.
"""

from __future__ import annotations

import os
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config import databases, stores
from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()

# Whatever any process of ours writes is for its own user alone.
os.umask(0o077)

# --- What is running here -------------------------------------------------------------------------

DEBUG: bool = env.bool("DEBUG", default=False)
# The demo team and the pages that point to the sandbox exist only where this is set.
DEMO: bool = env.bool("DEMO", default=False)
SECRET_KEY: str = env.str("SECRET_KEY", default="only-for-development" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY to a long random text (or DEBUG=1 while developing). "
        "`make run` makes one by itself."
    )
# Keys of before, newest first: what was signed with them still counts, until they are taken out.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
BASE_URL: str = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname or "localhost"]
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Cookies travel over https only, unless the operator says that this is plain http on loopback.
INSECURE_COOKIES: bool = env.bool("INSECURE_COOKIES", default=DEBUG)
# How many proxies in front of us add to X-Forwarded-For; 0 means that header is not believed.
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0)
# So long a web server that is to end says so to its proxy first (`gunicorn.conf.py`).
LEAVE_SECONDS: int = env.int("LEAVE_SECONDS", default=0)

# Whoever brings it as a bearer token may read `/metrics`; without it that address is not there.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

# --- Sociocs --------------------------------------------------------------------------------------

SOCIOCS_BASE_URL: str = env.str("SOCIOCS_BASE_URL", default="https://api.sociocs.com").rstrip("/")
# Where the sandbox's phones can be looked at. Empty in production.
SANDBOX_URL: str = env.str("SANDBOX_URL", default="").rstrip("/")
# Fernet keys for API keys at rest, newest first; older ones are still read.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS", default=[])

# --- Sending --------------------------------------------------------------------------------------

# A job is handed over this long before it goes out: the undo window, and the room for slow answers.
LEAD_SECONDS: int = env.int("LEAD_SECONDS", default=300)
# A scheduled campaign later than this asks a person instead of going out.
LATE_GRACE_SECONDS: int = env.int("LATE_GRACE_SECONDS", default=15 * 60)
RECIPIENTS_PER_SUBMISSION: int = env.int("RECIPIENTS_PER_SUBMISSION", default=1000)
# A bulk job has one text: each different text of a personalised campaign is a job of its own.
MAX_DISTINCT_TEXTS: int = env.int("MAX_DISTINCT_TEXTS", default=1000)
# Limits of our own, 0 for none; an account, a team or a channel may have others (in the admin).
SOCIOCS_CALLS_PER_SECOND: int = env.int("SOCIOCS_CALLS_PER_SECOND", default=0)
SOCIOCS_CALLS_PER_MINUTE: int = env.int("SOCIOCS_CALLS_PER_MINUTE", default=0)
TEAM_DAILY_LIMIT: int = env.int("TEAM_DAILY_LIMIT", default=0)
# Whether everybody may make an account, or only who is invited.
OPEN_SIGN_UP: bool = env.bool("OPEN_SIGN_UP", default=False)
# Whether everybody who signs in may make a team, or only staff.
EVERYBODY_MAKES_TEAMS: bool = env.bool("EVERYBODY_MAKES_TEAMS", default=False)
# What a new team begins with, until whoever runs this server lifts it in the admin.
NEW_TEAM_DAILY_LIMIT: int = env.int("NEW_TEAM_DAILY_LIMIT", default=500)
# Handed over one by one, a campaign takes a second for each person.
MAX_MESSAGES_ONE_BY_ONE: int = env.int("MAX_MESSAGES_ONE_BY_ONE", default=10_000)
SOCIOCS_TIMEOUT_SECONDS: int = env.int("SOCIOCS_TIMEOUT_SECONDS", default=60)
TICK_SECONDS = 10
# For tests: where a worker kills or freezes itself (`sending.failpoints`).
# Refused in production.
FAILPOINTS: dict[str, str] = env.dict("FAILPOINTS", default={})
# Whether events may be sent to programs on this very machine, for trials and tests. Refused in
# production, as members type the addresses.
EVENTS_TO_LOOPBACK: bool = env.bool("EVENTS_TO_LOOPBACK", default=False)

# --- Programs that come with a token --------------------------------------------------------------

# Calls that a token may make in a minute, where it has no limit of its own.
API_CALLS_PER_MINUTE: int = env.int("API_CALLS_PER_MINUTE", default=300)
# The largest body of a call that names recipients: some 300,000 of them.
API_MAX_MB: int = env.int("API_MAX_MB", default=32)
# The same call of a token without an Idempotency-Key is a repeat for so long.
API_REPEAT_MINUTES: int = env.int("API_REPEAT_MINUTES", default=10)

# --- Activity: who did what -----------------------------------------------------------------------

# Older entries may be deleted, by a command alone (`delete_old_trail`).
TRAIL_KEEP_DAYS: int = env.int("TRAIL_KEEP_DAYS", default=730)
# Each act also as a line of JSON on the standard output.
TRAIL_TO_STDOUT: bool = env.bool("TRAIL_TO_STDOUT", default=False)

# --- Recipient files ------------------------------------------------------------------------------

UPLOAD_MAX_MB: int = env.int("UPLOAD_MAX_MB", default=200)
IMPORT_MAX_ROWS: int = env.int("IMPORT_MAX_ROWS", default=2_000_000)
IMPORT_MAX_COLUMNS: int = env.int("IMPORT_MAX_COLUMNS", default=200)
IMPORT_MAX_UNPACKED_MB: int = env.int("IMPORT_MAX_UNPACKED_MB", default=1000)
IMPORT_MAX_UNPACKED_RATIO: int = env.int("IMPORT_MAX_UNPACKED_RATIO", default=200)
# What the process that opens a workbook may use before it is ended.
IMPORT_MAX_SECONDS: int = env.int("IMPORT_MAX_SECONDS", default=90)
IMPORT_MAX_MEMORY_MB: int = env.int("IMPORT_MAX_MEMORY_MB", default=1500)
# What the kept files of a team may take, and those of one person of it.
UPLOADS_TEAM_MB: int = env.int("UPLOADS_TEAM_MB", default=4000)
UPLOADS_PERSON_MB: int = env.int("UPLOADS_PERSON_MB", default=2000)
# How long an uploaded file is kept after its import, and the import can be undone.
UPLOAD_KEEP_DAYS: int = env.int("UPLOAD_KEEP_DAYS", default=7)
# How long it is known which calls came, so that none counts twice; then their rows are deleted.
WEBHOOK_KEEP_DAYS: int = env.int("WEBHOOK_KEEP_DAYS", default=90)
UPLOADS_DIR = DATA_DIR / "uploads"
# Large files that were asked for, until they are fetched or a day old.
EXPORTS_DIR = DATA_DIR / "exports"

# A private bucket that several machines share both in; the folders then hold copies of an hour.
FILES_BUCKET: str = env.str("FILES_BUCKET", default="")

# --- Media that messages carry --------------------------------------------------------------------

# Uploaded media lies below DATA_DIR and is served here, or in a bucket that speaks S3.
MEDIA_BUCKET: str = env.str("MEDIA_BUCKET", default="")
MEDIA_BUCKET_ENDPOINT: str = env.str("MEDIA_BUCKET_ENDPOINT", default="")
MEDIA_BUCKET_REGION: str = env.str("MEDIA_BUCKET_REGION", default="")
MEDIA_BUCKET_KEY_ID: str = env.str("MEDIA_BUCKET_KEY_ID", default="")
MEDIA_BUCKET_SECRET: str = env.str("MEDIA_BUCKET_SECRET", default="")
MEDIA_IS_SERVED_HERE = not MEDIA_BUCKET
# What stands before a file's name in its public address.
MEDIA_BASE_URL: str = env.str("MEDIA_BASE_URL", default="").rstrip("/") or f"{BASE_URL}/media"
MEDIA_MAX_MB: int = env.int("MEDIA_MAX_MB", default=16)
# What the media of a team may take, and what one person of it uploaded.
MEDIA_TEAM_MB: int = env.int("MEDIA_TEAM_MB", default=2000)
MEDIA_PERSON_MB: int = env.int("MEDIA_PERSON_MB", default=1000)
# Whether a typed media address is looked at from here, and where: any public site, unless named.
MEDIA_LINK_CHECK: bool = env.bool("MEDIA_LINK_CHECK", default=True)
MEDIA_LINK_HOSTS: list[str] = env.list("MEDIA_LINK_HOSTS", default=[])
# For trials and tests: also plain http on this very machine. Refused in production.
MEDIA_LINK_LOOPBACK: bool = env.bool("MEDIA_LINK_LOOPBACK", default=False)
BUCKET_STORE = stores.BucketStore(
    MEDIA_BUCKET_ENDPOINT, MEDIA_BUCKET_REGION, MEDIA_BUCKET_KEY_ID, MEDIA_BUCKET_SECRET
)

# --- Django ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "interface",
    "trail",
    "teams",
    "events",
    "recipients",
    "sociocs_accounts",
    "campaigns",
    "sending",
    "delivery",
    "composer",
    "history",
    "api",
    "privacy",
    "upkeep",
    *(["demo"] if DEMO else []),
]

MIDDLEWARE = [
    "interface.log_ids.give_ids",
    "interface.request_times.note_times",
    "interface.middleware.headers_on_everything",
    "interface.middleware.probes_by_any_name",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before whatever has something to say.
    "teams.languages.BrowserLanguage",
    "interface.middleware.known_methods_only",
    # Before whatever reads a body.
    "interface.body_limits.SizeFirst",
    "interface.compression.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "interface.middleware.kept_by_no_cache",
    "interface.middleware.SignedOut",
    "interface.middleware.buttons_lead_to_their_page",
    "interface.middleware.FewFilesAtOnce",
    "interface.sessions.PatientSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "teams.languages.speak_as_chosen",
    "allauth.account.middleware.AccountMiddleware",
    "teams.visits.note_visit",
    "teams.admin_door.only_from_here",
    "teams.middleware.end_old_sessions",
    "teams.middleware.second_step_for_the_admin",
    "teams.middleware.SignInFirst",
    "teams.admin_door.ask_before_changes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "interface.middleware.sign_in_as_a_page",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "teams.context_processors.team",
            ],
        },
    }
]

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database -------------------------------------------------------------------------------------

# As a path and not as an address, where a + or a # in it would mean something else.
_database: dict[str, Any] = (
    env.db_url("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    else {"ENGINE": databases.SQLITE, "NAME": str(DATA_DIR / "campaigns.sqlite3")}
)
# A password of its own is no part of an address, which programs like to show.
if _database_password := env.str("DATABASE_PASSWORD", default=""):
    _database["PASSWORD"] = _database_password
# A web server begins with config/wsgi.py.
_process = databases.process_of(sys.argv, serves_pages="config.wsgi" in sys.modules)
DATABASES: dict[str, dict[str, Any]] = {
    # Of SQLite too: whoever closes a file last also copies its log into it, and waits for the disk.
    # A new connection to PostgreSQL would plan everything anew (`interface.prepared_queries`).
    "default": databases.with_limits(_database, _process) | {"CONN_MAX_AGE": 600}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Celery: the broker is a doorbell; every fact is in the database ------------------------------

REDIS_URL: str = databases.with_password(
    env.str("REDIS_URL", default="redis://127.0.0.1:6379/0"), env.str("REDIS_PASSWORD", default="")
)
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_DEFAULT_QUEUE = "background"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Longer than one POST may take, so that a deploy lets it finish.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 90
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Every app looks for work of its own; none waits for another's. The workers of its first queue
# tick, those of a second one only where nobody does (`campaigns.pulse`).
TICKS = {
    "teams": ["background"],
    "trail": ["background"],
    "events": ["background"],
    "sending": ["ticking", "sending"],
    "recipients": ["background"],
    "composer": ["background"],
    "delivery": ["background"],
    "history": ["background"],
    "api": ["background"],
    "privacy": ["background"],
    **({"demo": ["background"]} if DEMO else {}),
}

# --- People and sessions --------------------------------------------------------------------------

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["teams.signed_in.People"]
LOGIN_URL = reverse_lazy("sign-in")
LOGIN_REDIRECT_URL = reverse_lazy("home")
LOGOUT_REDIRECT_URL = reverse_lazy("sign-in")
ACCOUNT_ADAPTER = "teams.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Who may do what with an address that is not proved is asked where it matters
# (`teams.proved_addresses`); nobody is kept from signing in.
ACCOUNT_EMAIL_VERIFICATION = "none"
# Tries are counted in the database, for all processes together (`teams.throttling`).
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "teams.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A code counts half a minute longer, for slow hands and clocks.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = False
# Whether whoever has to (`teams.second_factor`) must have a second step; a trial asks nobody.
SECOND_FACTOR_REQUIRED: bool = env.bool("SECOND_FACTOR_REQUIRED", default=not DEMO)
# An organisation's own server that signs its people in by OpenID Connect; empty for none.
OIDC_SERVER: str = env.str("OIDC_SERVER", default="").rstrip("/")
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME: str = env.str("OIDC_NAME", default="")
SOCIALACCOUNT_ADAPTER = "teams.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
# A link leads there and no form: the security policy keeps forms on this site.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_SERVER},
            }
        ],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "teams.passwords.NoOwnWords"},
    {"NAME": "trail.passwords.NewPasswordsAreNoted"},
]
PASSWORD_RESET_TIMEOUT = 3600
SESSION_ENGINE = "interface.sessions"
SESSION_COOKIE_AGE = 12 * 3600
# Whether there is an admin on this server's address, and from which networks it is opened: from any
# where none is named.
ADMIN: bool = env.bool("ADMIN", default=True)
ADMIN_ADDRESSES = [ip_network(one) for one in env.list("ADMIN_ADDRESSES", default=[])]
# Whoever may open the admin is signed out after so long without a page.
STAFF_IDLE_SECONDS = 30 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_COOKIES
# A browser sends a host's cookies to all of its ports: an install at another one than the usual has
# names of its own, so that two of them sign nobody out.
_PORT = urlsplit(BASE_URL).port


def own_cookie(name: str) -> str:
    """What a cookie of this install is called."""
    own = name if _PORT in {None, 8000} else f"{name}-{_PORT}"
    return own if INSECURE_COOKIES else f"__Host-{own}"


SESSION_COOKIE_NAME = own_cookie("sessionid")
CSRF_COOKIE_NAME = own_cookie("csrftoken")
DEVICE_COOKIE_NAME = own_cookie("known_device")
MESSAGES_COOKIE_NAME = own_cookie("messages")
MESSAGE_STORAGE = "interface.message_cookie.OwnMessages"
CSRF_FAILURE_VIEW = "teams.views.going_on.outdated_form"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# --- Security headers -----------------------------------------------------------------------------

SECURE_SSL_REDIRECT = not INSECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 0 if INSECURE_COOKIES else 365 * 24 * 3600
# Both bind hosts that are not ours, the second one for months in every browser.
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD: bool = env.bool("HSTS_PRELOAD", default=False)
# The checks that want these two, whatever domain it is.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # The composer shows an uploaded picture as the phone will.
        "img-src": [SELF, "data:", urlsplit(MEDIA_BASE_URL)._replace(path="").geturl()],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
# Whoever finds a hole is told to write there (/.well-known/security.txt); empty: no such page.
SECURITY_CONTACT: str = env.str("SECURITY_CONTACT", default="")
SECURITY_POLICY_URL: str = env.str("SECURITY_POLICY_URL", default="")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# Views that take a file bring a handler of their own.
FILE_UPLOAD_HANDLERS = ["interface.body_limits.NoFile"]
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Language, time, e-mail -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
# Each by its own name. One is offered once its catalogue is complete (docs/languages.md).
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# A page waits for the mail server: not longer than a person would.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="campaigns@localhost")

# --- Static files ---------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# The guide's pictures lie beside its text, so that a Git host shows them as well.
STATICFILES_DIRS = [BASE_DIR / "static", ("guide", BASE_DIR / "docs" / "guide" / "pictures")]
# Tests serve straight from static/; `make run` and a container what collectstatic gathered.
WHITENOISE_USE_FINDERS: bool = env.bool("SERVE_STATIC", default=DEBUG)
# Pages name files by their hash alone; packing each by its plain name as well takes twice the time.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES: dict[str, dict[str, Any]] = {
    "media": stores.for_media(MEDIA_BUCKET, BUCKET_STORE, DATA_DIR / "media"),
    "files": stores.for_files(FILES_BUCKET, BUCKET_STORE),
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if WHITENOISE_USE_FINDERS
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# --- Logs: never a key, a phone number or a message text ------------------------------------------

# "line" for people, "json" for programs that collect logs.
LOG_FORMAT: str = env.str("LOG_FORMAT", default="line")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured("LOG_FORMAT is line or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "ids": {"()": "config.logs.NoteIds"},
        "mask": {"()": "config.logs.MaskPersonalData"},
    },
    "formatters": {
        "line": {"()": "config.logs.LineFormatter"},
        "json": {"()": "config.logs.JsonFormatter"},
        "as it is": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["ids", "mask"],
        },
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "as it is",
        },
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Their own handlers would print unmasked; everything goes through the root.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.error": {"handlers": [], "propagate": True},
        # Ids only (`trail.stream`): an address or a moment in it must not look like a number.
        "trail.stream": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
    },
}

# --- Where errors and traces are reported (config/reporting.py) -----------------------------------

SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
OTEL_EXPORTER_OTLP_ENDPOINT: str = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
