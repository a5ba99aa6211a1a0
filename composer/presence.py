"""Who else has a draft open. A page says so every few seconds while it can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from campaigns.models import Campaign
from composer.models import DraftPage
from teams.models import User

# A page that was silent for longer counts as left: its browser may have died without a word.
SILENT_FOR = timedelta(seconds=45)
KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Others:
    """Colleagues who have the draft open, each once, and whether one's own other tab has."""

    people: tuple[User, ...]
    is_open_twice: bool


def was_saved_by(campaign: Campaign, page: UUID) -> bool:
    """Whether the draft is as this page saved it, and the page is only about to learn so."""
    pages = DraftPage.objects.filter(campaign=campaign, page=page)
    return pages.filter(saved_version=campaign.version).exists()


def arrive(campaign: Campaign, user: User, page: UUID) -> None:
    """Note that `user` has the draft open on `page`."""
    now = timezone.now()
    _row, is_new = DraftPage.objects.update_or_create(
        campaign=campaign, page=page, defaults={"user": user, "seen_at": now}
    )
    if is_new:
        left = DraftPage.objects.filter(campaign=campaign).exclude(page=page)
        left.filter(seen_at__lt=now - KEPT_FOR).delete()


def leave(campaign: Campaign, user: User, page: UUID) -> None:
    """Note that the page was closed."""
    DraftPage.objects.filter(campaign=campaign, user=user, page=page).update(seen_at=None)


def others(campaign: Campaign, user: User, page: UUID) -> Others:
    """Who has the draft open besides this page."""
    open_pages = DraftPage.objects.filter(
        campaign=campaign, seen_at__gte=timezone.now() - SILENT_FOR
    ).exclude(page=page)
    found = [draft_page.user for draft_page in open_pages.select_related("user").order_by("pk")]
    people = dict.fromkeys(person for person in found if person != user)
    return Others(tuple(people), user in found)
