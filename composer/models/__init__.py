"""What belongs to a draft: who has it open, its estimate, tests, media, saved messages."""

from __future__ import annotations

from composer.models.drafting import (
    DraftPage,
)
from composer.models.estimates import (
    DraftEstimate,
)
from composer.models.media import (
    MediaFile,
)
from composer.models.sent_tests import (
    SentTest,
)
from composer.models.templates import (
    MessageTemplate,
    TemplateVersion,
)

__all__ = [
    "DraftEstimate",
    "DraftPage",
    "MediaFile",
    "MessageTemplate",
    "SentTest",
    "TemplateVersion",
]
