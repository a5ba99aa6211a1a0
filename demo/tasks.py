"""What the demo does once the sandbox answers: have it report on the team's channels."""

from __future__ import annotations

from celery import shared_task

from delivery import subscriptions
from delivery.models import WebhookEndpoint
from demo.team import SLUG
from interface.hints import nudge_each
from teams.models import Role


@shared_task(name="demo.tick", queue="background")
def tick() -> None:
    """Find the addresses for reports that the sandbox does not know yet."""
    nudge_each(switch_reports_on, waiting_endpoints())


def waiting_endpoints() -> list[int]:
    """Ids of the addresses for which the sandbox was not asked yet, or did not answer."""
    waiting = WebhookEndpoint.objects.filter(channel__team__slug=SLUG, subscription_id="")
    return list(waiting.values_list("pk", flat=True))


@shared_task(name="demo.switch_reports_on", queue="background")
def switch_reports_on(endpoint_id: int) -> None:
    """Ask for reports and replies as an owner does on the channel's page."""
    waiting = WebhookEndpoint.objects.filter(pk=endpoint_id, subscription_id="")
    for endpoint in waiting.select_related("channel__account", "channel__team"):
        owner = endpoint.channel.team.memberships.filter(role=Role.OWNER).first()
        if owner is not None:
            subscriptions.switch_on(endpoint.channel, owner.user)
