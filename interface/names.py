"""Names that stand in mails to strangers say who somebody is, and lead nowhere."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What mail programs make a link of: "evil.example", "//evil", "www.evil"; but not "Dr. Smith".
_ADDRESS = re.compile(r"://|//|\bwww\.|[^\s.]\.[^\W\d_]{2,}", re.IGNORECASE)


def validate_no_address(name: str) -> None:
    """Raise ValidationError for a name with a web or e-mail address in it."""
    if _ADDRESS.search(name):
        raise ValidationError(
            _("A name cannot hold a web or e-mail address. Put a space behind the dot."),
            code="address_in_name",
        )
