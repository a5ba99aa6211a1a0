"""Drafts: making, saving and deleting campaigns that nobody has launched yet.

A save is a conditional UPDATE on the version that its form shows: a form that is older than the
draft changes nothing and learns who changed it. A page that saves by itself may miss the answer to
its own last save; it is told from a colleague's by the page's own mark (`PageSave`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import whatsapp_shelf
from campaigns.audiences import choices
from campaigns.copying import content_fields
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from campaigns.scheduling.timing import Timing, timing_of, usual_for
from campaigns.states import CampaignState
from campaigns.texts.personal_texts import FieldRules
from composer.models import DraftPage
from interface.dates import written
from interface.statements import changed, run
from recipients.models import RecipientList, SavedFilter
from sociocs_accounts.models import Channel, VendorMember
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record


@dataclass(frozen=True, slots=True)
class Content:
    """All that a person can say about a draft.

    `wall_time` is `YYYY-MM-DDTHH:MM` in the IANA zone `time_zone`, or "" for now; `fold` says which
    of the two, where the clocks go back.
    """

    name: str
    channel: Channel | None = None
    sent_as: VendorMember | None = None
    one_by_one: bool = False
    one_by_one_wanted: bool = False
    template: Mapping[str, Any] = field(default_factory=dict)
    # What was typed of a template while another way is chosen.
    template_aside: Mapping[str, Any] = field(default_factory=dict)
    lists: tuple[RecipientList, ...] = ()
    lists_left_out: tuple[RecipientList, ...] = ()
    filters: tuple[SavedFilter, ...] = ()
    filters_left_out: tuple[SavedFilter, ...] = ()
    campaigns_left_out: tuple[Campaign, ...] = ()
    days_left_out: int | None = None
    duplicates_allowed: bool = False
    text: str = ""
    media_kind: str = ""
    media_url: str = ""
    # `personal_texts.FieldRules` as JSON.
    field_rules: dict[str, Any] = field(default_factory=dict)
    wall_time: str = ""
    time_zone: str = ""
    fold: int = 0
    timing: Timing = field(default_factory=Timing)


# Columns of the campaign under the same names; the audience has tables of its own.
_COLUMNS = [column.name for column in content_fields() if column.name in Content.__slots__]


class PageSave(NamedTuple):
    """Which open composer page saves, and the how-manieth save of that page it is, from 1."""

    page: UUID
    n: int


class Outdated(Exception):
    """The draft is not as the form showed it; nothing was saved.

    `by` saved it last, at `at`; it is now of `version`. `is_draft` is false when it was launched.
    """

    def __init__(self, by: User | None, at: datetime, version: int, is_draft: bool) -> None:
        super().__init__(version)
        self.by = by
        self.at = at
        self.version = version
        self.is_draft = is_draft


def create(
    team: Team,
    user: User,
    lists: Iterable[RecipientList] = (),
    filters: Iterable[SavedFilter] = (),
) -> Campaign:
    """A new draft with these chosen; or the one `user` made before and has not touched."""
    with transaction.atomic():
        untouched = Campaign.objects.filter(
            team=team, created_by=user, state=CampaignState.DRAFT.value, version=1
        ).exclude(Q(list_choices__isnull=False) | Q(filter_choices__isnull=False))
        draft = untouched.order_by("-pk").first()
        if draft is None:
            draft = begin_draft(team, user, _channel_used_last(team, user))
        choices.replace_lists(draft, lists, ())
        choices.replace_filters(draft, filters, ())
    return draft


def _channel_used_last(team: Team, user: User) -> Channel | None:
    """That of the person's latest campaign, else of the team's; without any, an only one."""
    usable = Channel.objects.filter(team=team, is_active=True, missing_since=None)
    used = Campaign.objects.filter(team=team, channel__in=usable).order_by("-pk")
    last = used.filter(created_by=user).first() or used.first()
    return last.channel if last else usable.first() if usable.count() == 1 else None


def begin_draft(team: Team, user: User, channel: Channel | None = None) -> Campaign:
    """A draft that nobody has opened before."""
    with transaction.atomic():
        draft = Campaign.objects.create(
            team=team,
            created_by=user,
            updated_by=user,
            name=_name_for_today(team),
            channel=channel,
            time_zone=team.time_zone,
            **usual_for(team).columns(),
        )
        record_event(draft, CampaignEvent.Kind.CREATED, user)
    return draft


def _name_for_today(team: Team) -> str:
    today = timezone.now().astimezone(ZoneInfo(team.time_zone))
    return _("Campaign of %(day)s") % {"day": written(today, "j M Y")}


def save(
    campaign: Campaign,
    user: User,
    version: int,
    content: Content,
    page_save: PageSave | None = None,
    before: Content | None = None,
) -> None:
    """Save `content` over the draft as of `version`. Raises Outdated; refreshes `campaign`.

    `before`: what the draft said, read after `campaign` was; what stays is not written again.
    Saving again what the draft already says is no conflict: a form sent twice is saved once.
    """
    with transaction.atomic():
        known = version
        is_saved = _update(campaign, user, known, content)
        if not is_saved and (made := _last_of_page(campaign, user, page_save)) > version:
            known = made
            is_saved = _update(campaign, user, known, content)
        if is_saved:
            # Of any other version, the choices may be others by now.
            _replace_choices(campaign, content, before if known == campaign.version else None)
            _note(campaign, user, known + 1, page_save)
            if before is None or before.template != content.template:
                whatsapp_shelf.remember(content.template, content.field_rules)
    campaign.refresh_from_db(from_queryset=Campaign.objects.select_related("team", "updated_by"))
    is_draft = campaign.state == CampaignState.DRAFT
    if not is_saved and not (is_draft and content_of(campaign) == content):
        raise Outdated(campaign.updated_by, campaign.updated_at, campaign.version, is_draft)


def _update(campaign: Campaign, user: User, version: int, content: Content) -> bool:
    """Whether the draft was of this version, and says `content` now."""
    as_known = {"id": campaign.pk, "state": CampaignState.DRAFT.value, "version": version}
    [update] = run(
        changed(
            Campaign,
            as_known,
            version=version + 1,
            updated_by=user.pk,
            updated_at=timezone.now(),
            **{name: _key_of(getattr(content, name)) for name in _COLUMNS},
            **content.timing.columns(),
        )
    )
    return bool(update.rows)


def _key_of(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def note_way(campaign: Campaign) -> None:
    """Keep how a draft goes out, as the plan chose, unless the draft is another one by now."""
    drafts = Campaign.objects.filter(
        pk=campaign.pk, state=CampaignState.DRAFT.value, version=campaign.version
    )
    drafts.update(one_by_one=campaign.one_by_one)


def _replace_choices(campaign: Campaign, content: Content, before: Content | None) -> None:
    lists, filters = (
        (content.lists, content.lists_left_out),
        (content.filters, content.filters_left_out),
    )
    if before is None or (before.lists, before.lists_left_out) != lists:
        choices.replace_lists(campaign, *lists)
    if before is None or (before.filters, before.filters_left_out) != filters:
        choices.replace_filters(campaign, *filters)
    if before is None or before.campaigns_left_out != content.campaigns_left_out:
        choices.replace_earlier(campaign, content.campaigns_left_out)


def _last_of_page(campaign: Campaign, user: User, page_save: PageSave | None) -> int:
    """The version that the last save of a form's page made; 0 without one.

    A save that was overtaken by a later one of the same page knows only its own.
    """
    if page_save is None:
        return 0
    own = DraftPage.objects.filter(
        campaign=campaign, user=user, page=page_save.page, saved_n__lt=page_save.n
    )
    return own.values_list("saved_version", flat=True).first() or 0


def _note(campaign: Campaign, user: User, version: int, page_save: PageSave | None) -> None:
    if page_save is None:
        return
    page = DraftPage(
        campaign=campaign,
        page=page_save.page,
        user=user,
        seen_at=timezone.now(),
        saved_version=version,
        saved_n=page_save.n,
    )
    told = ["user", "seen_at", "saved_version", "saved_n"]
    DraftPage.objects.bulk_create(
        [page], update_conflicts=True, unique_fields=["campaign", "page"], update_fields=told
    )


def content_of(campaign: Campaign) -> Content:
    """What the draft says now."""
    lists, lists_left_out = choices.lists_by_age(campaign)
    filters, filters_left_out = choices.filters_by_age(campaign)
    columns = {name: getattr(campaign, name) for name in _COLUMNS}
    return Content(
        **columns | {"field_rules": FieldRules.from_json(campaign.field_rules).to_json()},
        lists=lists,
        lists_left_out=lists_left_out,
        filters=filters,
        filters_left_out=filters_left_out,
        campaigns_left_out=choices.earlier_of(campaign),
        timing=timing_of(campaign),
    )


def delete_draft(campaign: Campaign) -> bool:
    """Delete a draft; False when it was launched in the meantime. Nothing of it was ever sent."""
    with transaction.atomic():
        # Locks the row, and frees the message of a launch that was undone.
        campaigns = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT.value)
        if not campaigns.update(message=None):
            return False
        record(Act.DRAFT_DELETED, campaign)
        campaigns.delete()
    return True
