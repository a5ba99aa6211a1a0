"""Ways into a team: made by an owner, for one e-mail address, used once, within seven days.

The link's token has 256 random bits; only its SHA-256 is stored (OWASP ASVS 5.0, 6.4.1, 11.5.1).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from teams import alerts, proved_addresses, throttling
from teams.letters import Letter, put_down
from teams.models import Invitation, Membership, Role, Team, User, WaitingMail
from trail.acts import Act
from trail.recording import record

VALID_FOR = timedelta(days=7)
# An hour's. The last one is for everybody's invitations to one address together.
PER_PERSON = throttling.Limit("invitations-person", 40)
PER_TEAM = throttling.Limit("invitations-team", 100)
PER_RECIPIENT = throttling.Limit("invitations-recipient", 3)


class InvitationNotOpen(Exception):
    """It was used, taken back, replaced by a newer one, or is too old."""


class TooManyInvitations(Exception):
    """This person, this team or this recipient has had as many as anybody needs."""


class AccountExists(Exception):
    """Somebody made an account for the address meanwhile: whoever it is signs in."""


class WrongPerson(Exception):
    """The invitation is for another e-mail address than the person's."""


class NotProved(Exception):
    """The person has not yet shown that they read the e-mail of their address."""


@dataclass(frozen=True)
class Invited:
    """A new invitation; `link`, for its maker, is known only now.

    The link in the e-mail is another: who opens it has proved to read that address.
    """

    invitation: Invitation
    link: str


def invite(team: Team, email: str, role: Role, by: User) -> Invited:
    """Make an invitation, replacing an open one for the same address; a worker mails its link.

    Raises TooManyInvitations.
    """
    if not (
        throttling.count_try(PER_PERSON, str(by.pk))
        and throttling.count_try(PER_TEAM, str(team.pk))
        and throttling.count_try(PER_RECIPIENT, email)
    ):
        raise TooManyInvitations
    mailed, shown = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        open_ones(team).filter(email=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            team=team,
            email=email,
            role=role,
            token_sha256=_digest(mailed),
            shown_sha256=_digest(shown),
            invited_by=by,
            expires_at=now + VALID_FOR,
        )
        invitation.waiting_mail = _mailed(invitation, _link(mailed))
        invitation.save(update_fields=["waiting_mail"])
        record(Act.INVITED, invitation, by=by, after={"role": role.value})
    return Invited(invitation, _link(shown))


def _link(token: str) -> str:
    return settings.BASE_URL + reverse("invitation", args=[token])


def open_ones(team: Team) -> QuerySet[Invitation]:
    """The team's invitations that somebody can still accept, newest first."""
    return team.invitations.filter(_still_open()).order_by("-created_at")


def find_invitation(token: str) -> Invitation:
    """The open invitation with this token; raises InvitationNotOpen."""
    of_link = Q(token_sha256=_digest(token)) | Q(shown_sha256=_digest(token))
    invitation = (
        Invitation.objects.filter(_still_open(), of_link)
        .select_related("team", "invited_by")
        .first()
    )
    if invitation is None:
        raise InvitationNotOpen
    return invitation


def is_from_the_mail(invitation: Invitation, token: str) -> bool:
    """Whether this is the link that was sent, and not the one that its maker was shown."""
    return invitation.token_sha256 == _digest(token)


@transaction.atomic
def accept(invitation: Invitation, user: User, *, is_from_mail: bool) -> Membership:
    """Make `user` a member and use the invitation up; a link from the mail proves their address.

    Who is a member already keeps their role: a link cannot raise it. Raises WrongPerson, NotProved,
    or InvitationNotOpen when it was used or taken back meanwhile.
    """
    if user.email != invitation.email:
        raise WrongPerson
    if is_from_mail:
        proved_addresses.note_proved(user)
    elif not proved_addresses.is_proved(user):
        raise NotProved
    row = Invitation.objects.filter(_still_open(), pk=invitation.pk)
    if not row.update(accepted_at=timezone.now()):
        raise InvitationNotOpen
    membership, is_new = Membership.objects.get_or_create(
        team=invitation.team, user=user, defaults={"role": invitation.role}
    )
    record(Act.JOINED, invitation, by=user, about_id=user.pk, after={"role": membership.role})
    if is_new and membership.role == Role.OWNER:
        alerts.new_owner(invitation.team, user)
    return membership


@transaction.atomic
def accept_as_new_person(
    invitation: Invitation, name: str, password: str, time_zone: str = "", *, is_from_mail: bool
) -> Membership:
    """Make an account for the invitation's address, and accept.

    Made by the link on its maker's page, the account's address is not proved. Raises
    InvitationNotOpen, and AccountExists for the slower of two who do so at once.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                invitation.email, password, name=name, time_zone=time_zone
            )
    except IntegrityError:
        raise AccountExists from None
    membership = accept(invitation, user, is_from_mail=is_from_mail)
    if not is_from_mail:
        proved_addresses.note_unproved(user)
    return membership


@transaction.atomic
def withdraw_invitation(invitation: Invitation) -> bool:
    """Take an invitation back; False when it was no longer open."""
    row = Invitation.objects.filter(_still_open(), pk=invitation.pk)
    if not row.update(revoked_at=timezone.now()):
        return False
    record(Act.INVITATION_TAKEN_BACK, invitation)
    return True


def _still_open() -> Q:
    return Q(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _mailed(invitation: Invitation, link: str) -> WaitingMail:
    context = {"invitation": invitation, "link": link, "days": VALID_FOR.days}
    subject = _("Invitation to %(team)s on Sociocs Campaigns") % {"team": invitation.team.name}
    text = render_to_string("teams/invitation_email.txt", context)
    return put_down(Letter(invitation.email, subject, text))
