"""What belongs to a draft: who has it open, its plan and approval, tests, media, saved messages."""

from __future__ import annotations

from composer.models.drafting import (
    DraftPage,
)
from composer.models.media import (
    MediaFile,
)
from composer.models.plans import (
    DraftPlan,
)
from composer.models.sent_tests import (
    SentTest,
)
from composer.models.surveys import (
    TextSurvey,
)
from composer.models.templates import (
    MessageTemplate,
    TemplateVersion,
)

__all__ = [
    "DraftPage",
    "DraftPlan",
    "MediaFile",
    "MessageTemplate",
    "SentTest",
    "TemplateVersion",
    "TextSurvey",
]
