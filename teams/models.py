"""People, their teams, and what each may do there."""

from __future__ import annotations

import uuid
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from interface.countries import validate_country
from interface.discreet import by_number
from interface.money import validate_currency
from interface.names import validate_no_address
from interface.phones import validate_phone
from interface.time_zones import validate_time_zone
from interface.wording import initials
from teams.addresses import validate_team_address
from trail.acts import Act
from trail.recording import record

# In the place of a value that may not stand in the trail.
_CHANGED = "changed"


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save and return a person; `password=None` means they cannot sign in with one yet."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save and return a person who may use the admin with all permissions."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who signs in with an e-mail address."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=100, validators=[validate_no_address])
    # Where tests go that a person sends to themselves.
    phone = models.CharField(
        _("mobile number"), max_length=16, blank=True, validators=[validate_phone]
    )
    # In which times are told that are of no team; "": as their team's.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # In which language they chose to be spoken to, "": as their browser asks; and in which their
    # pages were shown last, for what is written to them when no browser is there.
    language = models.CharField(_("language"), max_length=10, blank=True)
    seen_language = models.CharField(max_length=10, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    # What says who somebody is and what they may do: a change is recorded, whoever makes it. Of an
    # address or a number only that it changed.
    _RIGHTS = ("is_active", "is_staff", "is_superuser")
    _IDENTITY = ("email", "phone")

    __repr__ = by_number

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Of the address too: another one ends every session but the one that changes it."""
        salt = "teams.models.User.session"
        value = f"{self.password}\n{self.email}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """A person as stored, who remembers what was stored."""
        person = super().from_db(*args, **kwargs)
        person._remember()
        return person

    def _remember(self) -> None:
        names = (*self._RIGHTS, *self._IDENTITY)
        self._stored = {name: vars(self)[name] for name in names if name in vars(self)}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and record what changed of who they are and what they may do."""
        is_new, stored = self._state.adding, getattr(self, "_stored", {})
        saved = kwargs.get("update_fields") or stored
        changed = {name for name in stored if name in saved and stored[name] != vars(self)[name]}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                rights = {name: True for name in self._RIGHTS[1:] if getattr(self, name)}
                record(Act.PERSON_MADE, about_id=self.pk, after=rights)
            elif changed:
                kept = sorted(changed.intersection(self._RIGHTS))
                after = {name: vars(self)[name] for name in kept}
                after |= dict.fromkeys(sorted(changed.intersection(self._IDENTITY)), _CHANGED)
                before = {name: stored[name] for name in kept}
                record(Act.ACCOUNT_CHANGED, about_id=self.pk, before=before, after=after)
        self._remember()

    @property
    def initials(self) -> str:
        """At most two letters for the round picture."""
        return initials(self.name or self.email)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Role(models.TextChoices):
    """What a member may do; each role includes the ones before it (see `teams.access`)."""

    VIEWER = "viewer", _("Viewer: sees lists and history")
    EDITOR = "editor", _("Editor: also makes lists and drafts")
    SENDER = "sender", _("Sender: also sends campaigns")
    OWNER = "owner", _("Owner: also manages the team")

    @property
    def word(self) -> str:
        """`Owner`, without what that may do."""
        return str(_ROLE_WORDS[self])


_ROLE_WORDS = {
    Role.VIEWER: _("Viewer"),
    Role.EDITOR: _("Editor"),
    Role.SENDER: _("Sender"),
    Role.OWNER: _("Owner"),
}


class StopWay(models.TextChoices):
    """How somebody who opts out is kept from a message that Sociocs has already."""

    BOTH = "both", _("Block them and take them out")
    TAKE_OUT = "take_out", _("Take them out of the message")
    BLOCK = "block", _("Block them at Sociocs")


class NeedsSecondStep(models.TextChoices):
    """Of whom a team wants a second step at signing in."""

    NOBODY = "nobody", _("Nobody has to")
    SENDERS = "senders", _("Senders and owners")
    EVERYBODY = "everybody", _("Everyone")


# Networks bill in fractions of a cent: up to 9,999.999999 each.
_PRICE: dict[str, Any] = {
    "max_digits": 10,
    "decimal_places": 6,
    "validators": [MinValueValidator(Decimal(0))],
}


def new_teams_limit() -> int | None:
    """What a new team's campaigns may go to in a day; None: as any team's."""
    return settings.NEW_TEAM_DAILY_LIMIT or None


class Team(models.Model):
    """A group that shares recipient lists, channels and campaigns."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(
        _("address"), max_length=60, unique=True, validators=[validate_team_address]
    )
    name = models.CharField(_("name"), max_length=100, validators=[validate_no_address])
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    default_country = models.CharField(
        _("numbers without a country code are from"),
        max_length=2,
        default="US",
        validators=[validate_country],
    )
    lists_shared = models.BooleanField(
        _("new lists are shared with everyone in the team"), default=False
    )
    # When its campaigns go out unless one says otherwise; both null: at any time of day.
    hours_from = models.TimeField(_("send from"), null=True, blank=True, default=time(9))
    hours_to = models.TimeField(_("send until"), null=True, blank=True, default=time(19))
    # Null: nobody has to. Above so many people a second person approves, and the number is typed.
    approval_above = models.PositiveIntegerField(
        _("a second person approves campaigns to more people than"), null=True, blank=True
    )
    confirm_typed_above = models.PositiveIntegerField(
        _("type the number before sending to more people than"), null=True, blank=True
    )
    test_required = models.BooleanField(
        _("a campaign is sent only after a test of exactly that message"), default=False
    )
    # What sending costs (`composer.cost`); null: nobody said, and no cost is shown.
    currency = models.CharField(
        _("currency"), max_length=3, default="USD", validators=[validate_currency]
    )
    price_per_segment = models.DecimalField(
        _("price of one SMS segment"), null=True, blank=True, **_PRICE
    )
    price_per_mms = models.DecimalField(
        _("price of one SMS with media (MMS)"), null=True, blank=True, **_PRICE
    )
    price_per_whatsapp = models.DecimalField(
        _("price of one WhatsApp message"), null=True, blank=True, **_PRICE
    )
    # Null: as the settings say; 0: no limit (`sending.day_limits`).
    daily_limit = models.PositiveIntegerField(
        _("people its campaigns can go to in a day"),
        null=True,
        blank=True,
        default=new_teams_limit,
        help_text=_("New teams start with a low limit. Empty: the server's setting. 0: no limit."),
    )
    # After so many failures in a row a number that does not work is left out; 0: never.
    failures_until_left_out = models.PositiveSmallIntegerField(
        _("a number is left out after this many failures"), default=2
    )
    stop_way = models.CharField(
        _("when someone opts out and Sociocs already has their message"),
        max_length=10,
        choices=StopWay.choices,
        # Left out of a form, it stays as it is.
        blank=True,
        default=StopWay.BOTH,
    )
    second_step_for = models.CharField(
        _("who needs two-step sign-in"),
        max_length=10,
        choices=NeedsSecondStep.choices,
        # Left out of a form, it stays as it is.
        blank=True,
        default=NeedsSecondStep.NOBODY,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's place in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = (
            models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_person"),
        )

    __repr__ = by_number

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"


class Invitation(models.Model):
    """A way into a team for one e-mail address: once, for seven days, revocable.

    Only the tokens' SHA-256 are kept (OWASP ASVS 5.0, 6.4.1).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    # Of the link that its maker sees: who opens that one has not proved to read the e-mail.
    shown_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The mail with the link, until it is sent.
    waiting_mail = models.OneToOneField(
        "WaitingMail", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        # The team page lists the open ones, newest first.
        indexes = (models.Index(fields=["team", "-created_at"]),)

    __repr__ = by_number

    def __str__(self) -> str:
        return f"{self.email} · {self.team}"


class WaitingMail(models.Model):
    """An e-mail that a worker is to send (`teams.letters`). It goes when it is sent.

    `sealed` holds to whom and what: links that open something are in it.
    """

    sealed = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["due_at"]),)

    __repr__ = by_number

    def __str__(self) -> str:
        return str(self.pk)


class Tries(models.Model):
    """How often something was tried in the hour that began at `window_started_at`.

    `teams.throttling` counts here. `key` is a keyed hash: the table must not tell who tried.
    """

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("tries")
        # Counts of hours long gone are deleted by their age.
        indexes = (models.Index(fields=["window_started_at"]),)

    def __str__(self) -> str:
        return self.key
