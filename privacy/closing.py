"""Deleting a team: at once nobody gets in, and what it knows of people goes in the background.

What stays is what the database keeps for ever, without any recipient in it: that campaigns were
sent, when, by whose click, and how many people got them. Names and texts go (`typed_words`); a
timeline and the trail of acts still say which member did what.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from api.models import ApiToken, KeptAnswer
from campaigns.models import Campaign, WhatsAppTemplate
from campaigns.states import FINISHED, CampaignState
from composer.drafts import delete_draft
from composer.media.media_store import NotTaken, delete_media
from composer.models import MediaFile, MessageTemplate
from delivery import subscriptions
from delivery.models import Reply, WebhookEndpoint, WebhookEvent
from events.models import OutgoingEvent, Receiver
from history.models import Notice
from interface.phones import ERASED
from privacy.emptying import ROWS_AT_ONCE, empty_campaign, erase_rows
from privacy.models import EmptiedCampaign, Erasure, TeamDeletion, Tombstone
from privacy.retention import NOT_EMPTIED, over_for_good
from privacy.typed_words import empty_campaign_words, empty_names
from recipients import claiming
from recipients.files.storing import delete_stored
from recipients.imports.import_lifecycle import stop_import
from recipients.lists import list_lifecycle
from recipients.models import FailingNumber, ListImport, OptOut, RecipientList, RejectedRow
from sociocs_accounts.models import Channel, NumberForTests
from teams.models import Invitation, Membership, Team, User
from trail.acts import Act
from trail.recording import record

log = logging.getLogger(__name__)

_AGAIN_AFTER = timedelta(minutes=10)
# So long Sociocs is asked to stop reporting. Then our address is closed all the same.
_ASKED_FOR = timedelta(days=3)


class StillSending(Exception):
    """Campaigns of the team are under way, or repeat: stop them first."""


def campaigns_in_the_way(team: Team) -> QuerySet[Campaign]:
    """Campaigns that would go on without anybody who could stop them."""
    idle = Q(state__in=[*FINISHED, CampaignState.DRAFT], next_run_at=None)
    return Campaign.objects.filter(team=team).exclude(idle)


@transaction.atomic
def delete_team(team: Team, by: User) -> TeamDeletion:
    """Let nobody into the team any more, and have the rest done. Raises StillSending."""
    Team.objects.select_for_update().get(pk=team.pk)
    # A launch under way is over before it is asked what stands in the way; one that waits for
    # these rows finds the channel out of use.
    list(team.campaigns.select_for_update().order_by("pk").values_list("pk", flat=True))
    if campaigns_in_the_way(team).exists():
        raise StillSending
    deletion, _is_new = TeamDeletion.objects.get_or_create(team=team, defaults={"asked_by": by})
    Membership.objects.filter(team=team).delete()
    Invitation.objects.filter(team=team, accepted_at=None).delete()
    # The address is free for another team.
    Team.objects.filter(pk=team.pk).update(slug=f"deleted-{team.pk}-{team.public_id.hex[:12]}")
    Channel.objects.filter(team=team).update(is_active=False)
    team.accounts.update(team=None)
    team.receivers.update(state=Receiver.State.OFF)
    record(Act.TEAM_DELETED, team, by=by, team_id=team.pk)
    return deletion


def deletions_to_do() -> list[int]:
    """Ids of those that are not done, and that no worker works on."""
    return list(claiming.free(_to_do(), timezone.now()).values_list("pk", flat=True))


def delete_on(deletion_id: int, seconds: float) -> bool:
    """Delete what can be deleted, for so long; True when there is more to do at once."""
    claimed = claiming.claim_work(_to_do().select_related("team"), deletion_id)
    if claimed is None:
        return False
    ends_at = time.monotonic() + seconds
    try:
        for delete_some in _STEPS:
            while delete_some(claimed.team):
                if time.monotonic() > ends_at:
                    claiming.let_go(claimed)
                    return True
                claiming.renew_claim(claimed)
    except claiming.ClaimLost:
        return False
    if any(rows.exists() for rows in _left(claimed.team)):
        # The last reports on what went out are still to come, or Sociocs or a bucket was away.
        rest = timezone.now() + _AGAIN_AFTER
        claiming.held(claimed).update(claim_token=None, lease_until=rest, attempts=0)
        return False
    claiming.let_go(claimed, done_at=timezone.now())
    return False


def _to_do() -> QuerySet[TeamDeletion]:
    return TeamDeletion.objects.filter(done_at=None)


def _left(team: Team) -> tuple[QuerySet[Any], ...]:
    """What has to be gone before a deletion is done, and may have to be waited for."""
    return (
        _not_emptied(team),
        WebhookEndpoint.objects.filter(channel__team=team),
        _replies_of(team),
        MediaFile.objects.filter(team=team),
    )


def _not_emptied(team: Team) -> QuerySet[Campaign]:
    return Campaign.objects.filter(NOT_EMPTIED, team=team)


def _replies_of(team: Team) -> QuerySet[Reply]:
    return Reply.objects.filter(team=team).exclude(phone__startswith=ERASED)


# --- Each a piece of work, True where there may be more of it -------------------------------------


def _drafts(team: Team) -> bool:
    draft = Campaign.objects.filter(team=team, state=CampaignState.DRAFT.value).first()
    return draft is not None and delete_draft(draft)


def _campaigns(team: Team) -> bool:
    sent = over_for_good(_not_emptied(team)).order_by("pk").first()
    if sent is not None:
        empty_campaign(sent)
    return sent is not None


def _imports(team: Team) -> bool:
    imports = ListImport.objects.filter(team=team)
    for list_import in imports.exclude(stored_name="")[:100]:
        stop_import(list_import)
        delete_stored(list_import.stored_name)
        ListImport.objects.filter(pk=list_import.pk).update(stored_name="", judgement={})
    # What imports displaced: `import_lifecycle.clear_leftovers` deletes it once it is put away.
    hidden = RecipientList.objects.filter(team=team, is_ready=False, archived_at=None)
    hidden.update(archived_at=timezone.now())
    return _delete_some(RejectedRow.objects.filter(list_import__team=team))


def _lists(team: Team) -> bool:
    recipient_list = RecipientList.objects.filter(team=team, deleted_at=None, is_ready=True).first()
    return recipient_list is not None and list_lifecycle.delete_list(recipient_list, None)


def _replies(team: Team) -> bool:
    return erase_rows(_replies_of(team), text="")


def _calls(team: Team) -> bool:
    """End the reports once no campaign waits for its last ones, one channel at a time."""
    if _not_emptied(team).exists():
        return False
    if _delete_some(WebhookEvent.objects.filter(endpoint__channel__team=team)):
        return True
    now = timezone.now()
    mine = WebhookEndpoint.objects.filter(channel__team=team).select_related("channel__account")
    not_asked = Q(checked_at=None) | Q(checked_at__lt=now - _AGAIN_AFTER)
    endpoint = mine.filter(not_asked).order_by("pk").first()
    if endpoint is None:
        return False
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(checked_at=now)
    if not subscriptions.switch_off(endpoint) and _is_asked_in_vain(team, now):
        log.warning(
            "Sociocs did not say that it ends subscription %s of account %s: delete it there.",
            *(endpoint.subscription_id, endpoint.channel.account_id),
        )
        subscriptions.give_up(endpoint)
    return True


def _is_asked_in_vain(team: Team, now: datetime) -> bool:
    """Whether Sociocs was asked for days, which begin when the last campaign is emptied."""
    last = EmptiedCampaign.objects.filter(campaign__team=team).aggregate(at=Max("at"))["at"]
    asked_at = TeamDeletion.objects.get(team=team).asked_at
    return now - max(asked_at, last or asked_at) > _ASKED_FOR


def _events(team: Team) -> bool:
    return _delete_some(OutgoingEvent.objects.filter(receiver__team=team)) or _delete_some(
        Receiver.objects.filter(team=team)
    )


def _rest(team: Team) -> bool:
    kinds = (
        ApiToken,
        KeptAnswer,
        OptOut,
        FailingNumber,
        Erasure,
        Tombstone,
        NumberForTests,
        MessageTemplate,
        Notice,
    )
    shelf = WhatsAppTemplate.objects.filter(channel__team=team)
    return _delete_some(shelf) or any(
        _delete_some(kind._default_manager.filter(team=team)) for kind in kinds
    )


def _media(team: Team) -> bool:
    media = MediaFile.objects.filter(team=team).first()
    if media is None:
        return False
    try:
        delete_media(media)
    except NotTaken:
        # The place where files are kept is away: it is tried again.
        return False
    return True


def _delete_some(rows: QuerySet[Any]) -> bool:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return bool(ids)


_STEPS: tuple[Callable[[Team], bool], ...] = (
    *(_drafts, _campaigns, _imports, _lists, _calls, _replies, _events, _rest),
    *(empty_names, empty_campaign_words, _media),
)
