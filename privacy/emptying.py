"""Emptying what a team keeps no longer, a little at a time, so that nobody waits for it.

Rows of people stay where something is counted by them: their number, name, columns and text go.
`~` and the row's own id take the number's place, which is nobody's and never there twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient, RenderedText
from composer.models import SentTest
from delivery.models import Reply, WebhookEvent
from delivery.replies import to_decide
from events.keeping import forget_of_team
from interface.phones import ERASED
from privacy import retention as old_enough
from privacy.models import EmptiedCampaign, Retention
from recipients import claiming
from recipients.lists import list_lifecycle
from recipients.models import ListImport, RejectedRow
from sending.models import Submission

# Small enough that others write in between, also on SQLite.
ROWS_AT_ONCE = 2_000
# Between two looks at what has become old enough in the meantime.
_EVERY = timedelta(hours=1)
# In place of the number: the row's own id.
NO_NUMBER = Concat(Value(ERASED), Cast("pk", CharField()))
_ENDED = (
    *(ListImport.State.COMPLETED, ListImport.State.FAILED),
    *(ListImport.State.STOPPED, ListImport.State.UNDONE),
)


def retentions_due() -> list[int]:
    """Ids of teams whose old data is to be looked at, and that no worker looks at now."""
    return list(claiming.free(_due(), timezone.now()).values_list("pk", flat=True))


def empty_team(team_id: int, seconds: float) -> bool:
    """Empty what is old enough in a team, for so long; True when there is more to do."""
    claimed = claiming.claim_work(_due(), team_id)
    if claimed is None:
        return False
    ends_at = time.monotonic() + seconds
    try:
        for empty_some in _KINDS:
            while empty_some(claimed):
                if time.monotonic() > ends_at:
                    claiming.let_go(claimed)
                    return True
                claiming.renew_claim(claimed)
    except claiming.ClaimLost:
        return False
    claiming.let_go(claimed, look_at=timezone.now() + _EVERY)
    return False


def _due() -> QuerySet[Retention]:
    now = timezone.now()
    return Retention.objects.filter(look_at=None) | Retention.objects.filter(look_at__lte=now)


# --- Each kind: one piece of work, True where there may be more of it -----------------------------


def _empty_lists(retention: Retention) -> bool:
    recipient_list = old_enough.lists_to_empty(retention).first()
    if recipient_list is None:
        return False
    list_lifecycle.delete_list(recipient_list, None)
    return True


def _empty_campaigns(retention: Retention) -> bool:
    campaign = old_enough.campaigns_to_empty(retention).order_by("pk").first()
    if campaign is None:
        return False
    empty_campaign(campaign)
    return True


def empty_campaign(campaign: Campaign) -> None:
    """Empty some of a campaign's people, or its texts when all of them are; to be repeated."""
    # Noted before the first number goes: from then on nobody is left out of others by it.
    EmptiedCampaign.objects.get_or_create(campaign=campaign)
    people = CampaignRecipient.objects.filter(campaign=campaign)
    if not erase_rows(people.exclude(phone__startswith=ERASED), fields={}):
        _empty_texts(campaign)


@transaction.atomic
def _empty_texts(campaign: Campaign) -> None:
    """What is left when nobody of the campaign has a number any more. The message itself stays."""
    RenderedText.objects.filter(message__campaign=campaign).update(text="")
    common = Submission.objects.filter(text=F("campaign__message__text")).values("pk")
    Submission.objects.filter(campaign=campaign).exclude(pk__in=common).update(text="")
    SentTest.objects.filter(campaign=campaign).update(phone="")
    EmptiedCampaign.objects.filter(campaign=campaign).update(is_done=True)


def _empty_replies(retention: Retention) -> bool:
    if (before := _before(retention.replies_days)) is None:
        return False
    replies = Reply.objects.filter(team=retention.team_id, received_at__lt=before)
    # Somebody has still to read those.
    unread = to_decide(retention.team).values("pk")
    rows = replies.exclude(phone__startswith=ERASED).exclude(pk__in=unread)
    return erase_rows(rows, text="")


def _empty_rejected(retention: Retention) -> bool:
    if (before := _before(retention.rejected_days)) is None:
        return False
    rejected = RejectedRow.objects.filter(list_import=OuterRef("pk"))
    imports = ListImport.objects.filter(
        Exists(rejected), team=retention.team_id, state__in=_ENDED, created_at__lt=before
    )
    list_import = imports.order_by("pk").first()
    if list_import is None:
        return False
    rows = RejectedRow.objects.filter(list_import=list_import).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    RejectedRow.objects.filter(pk__in=ids).delete()
    return True


def _empty_bodies(retention: Retention) -> bool:
    old = WebhookEvent.objects.filter(
        endpoint__channel__team=retention.team_id,
        received_at__lt=timezone.now() - timedelta(days=retention.bodies_days),
        body__isnull=False,
    ).exclude(outcome=WebhookEvent.Outcome.WAITING)
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:ROWS_AT_ONCE])
    return bool(ids and WebhookEvent.objects.filter(pk__in=ids).update(body=None))


def _empty_events(retention: Retention) -> bool:
    before = timezone.now() - timedelta(days=retention.bodies_days)
    return forget_of_team(retention.team_id, before)


_KINDS: tuple[Callable[[Retention], bool], ...] = (
    _empty_lists,
    _empty_campaigns,
    _empty_replies,
    _empty_rejected,
    _empty_bodies,
    _empty_events,
)


def erase_rows(rows: QuerySet[CampaignRecipient] | QuerySet[Reply], **emptied: object) -> bool:
    """Take number and name out of the first of `rows`, and write `emptied`; False without any."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE])
    if not ids:
        return False
    rows.model._default_manager.filter(pk__in=ids).update(phone=NO_NUMBER, name="", **emptied)
    return True


def _before(days: int | None) -> datetime | None:
    return None if days is None else timezone.now() - timedelta(days=days)
