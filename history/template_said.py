"""What a campaign with an approved template said: the template, and what its first person read."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import Campaign, CampaignRecipient
from campaigns.texts import whatsapp_templates


@dataclass(frozen=True, slots=True)
class TemplateSaid:
    """`variables`: what each was to say, with fields. `example` is what `person` gets.

    Nobody gets anything while the audience is not split up yet.
    """

    id: str
    body: str
    variables: list[tuple[str, str]]
    person: CampaignRecipient | None = None
    example: str = ""


def template_said(campaign: Campaign) -> TemplateSaid | None:
    """None for a campaign with a text of its own."""
    kept = campaign.message.template if campaign.message else campaign.template
    if not kept:
        return None
    written = whatsapp_templates.read(kept)
    variables = list(zip(written.names, written.values, strict=True))
    first = campaign.submissions.filter(is_single=True).order_by("seq").first()
    if first is None:
        return TemplateSaid(written.id, written.body, variables)
    return TemplateSaid(
        written.id,
        written.body,
        variables,
        CampaignRecipient.objects.filter(campaign=campaign, position=first.first_position).first(),
        whatsapp_templates.filled(kept, first.text),
    )
