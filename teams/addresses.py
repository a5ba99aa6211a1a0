"""Which words a team's address may be: teams live at `/<team>/`, next to the site's own pages."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# The first parts of the site's own addresses, and some to keep for later; a test compares them
# with the URL patterns.
RESERVED = frozenset(
    {
        ".well-known",
        "account",
        "accounts",
        "admin",
        "api",
        "assets",
        "demo",
        "favicon",
        "healthz",
        "readyz",
        "help",
        "home",
        "invitations",
        "login",
        "logout",
        "media",
        "metrics",
        "password-reset",
        "robots",
        "sandbox",
        "sign-in",
        "sign-out",
        "sign-up",
        "sociocs",
        "static",
        "status",
        "support",
        "teams",
        "webhooks",
    }
)


def validate_team_address(slug: str) -> None:
    """Raise ValidationError for a slug at which the site has a page of its own."""
    if slug.lower() in RESERVED:
        raise ValidationError(
            _("This site uses the address “%(slug)s” itself. Choose another one."),
            code="reserved_address",
            params={"slug": slug},
        )
