"""People and teams in the admin. Invitations are looked at here and made on the team's page."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin import ModelAdmin, TabularInline
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interface.admin_mixins import BigTableAdmin, ReadOnlyAdmin, labelled
from interface.countries import country_choices
from interface.time_zones import zone_choices
from teams.models import Invitation, Membership, Role, Team, User
from trail.admin_acts import NotedAdmin

# Rights come from a person's role in a team (teams.access), never from a group.
admin.site.unregister(Group)
# Kept by what signs people in; a person's page says what matters of them.
admin.site.unregister(
    [EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken]
)


class MembershipInline(TabularInline):  # type: ignore[type-arg]
    """The members of a team, or the teams of a person."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user", "team")
    readonly_fields = ("joined_at",)
    # A membership ends on the team's page, where the leaver's lists are handed over.
    can_delete = False


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A person is made with an e-mail address, a name and a password, or without a password."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class ChangeUserForm(UserChangeForm):  # type: ignore[type-arg]
    """The same address in capitals would be a second account."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(User)
class UserAdmin(NotedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People who sign in."""

    form = ChangeUserForm
    add_form = NewUserForm
    list_display = ("email", "name", "team_names", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("public_id", "last_login", "date_joined")
    inlines: ClassVar[Any] = [MembershipInline]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Rights on this site"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined", "public_id")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "name", "usable_password", "password1", "password2"),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        return people.prefetch_related("teams")

    @admin.display(description=_("teams"))
    def team_names(self, user: User) -> str:
        """The person's teams on one line."""
        return ", ".join(team.name for team in user.teams.all())


@admin.register(Team)
class TeamAdmin(NotedAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Teams; the first owner is put in here."""

    list_display = ("name", "slug", "member_count", "time_zone", "default_country", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    readonly_fields = ("public_id", "created_at")
    inlines: ClassVar[Any] = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(_members=Count("memberships"))

    @admin.display(description=_("members"), ordering="_members")
    def member_count(self, team: Team) -> int:
        """How many people are in the team."""
        count: int = team._members  # type: ignore[attr-defined]
        return count

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choices = {"time_zone": zone_choices, "default_country": country_choices}
        if db_field.name in choices:
            db_field.choices = choices[db_field.name]()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Membership)
class MembershipAdmin(NotedAdmin, BigTableAdmin):
    """Who is in which team, as what."""

    list_display = ("user", "team", "role_label", "joined_at")
    list_filter = ("role",)
    search_fields = ("user__email", "user__name", "team__name")
    autocomplete_fields = ("user", "team")
    readonly_fields = ("joined_at",)

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        # As in the inline: ended on the team's page only.
        return False

    @labelled(description=_("role"), ordering="role", label={"owner": "success", "viewer": "info"})
    def role_label(self, membership: Membership) -> tuple[str, str]:
        """The role's word, coloured by its value."""
        return membership.role, Role(membership.role).name.capitalize()


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations as they are; their tokens are not stored."""

    list_display = ("email", "team", "role", "state", "invited_by", "created_at", "expires_at")
    list_filter = ("role",)
    search_fields = ("email", "team__name")

    @labelled(
        description=_("state"),
        label={"open": "info", "accepted": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, invitation: Invitation) -> tuple[str, str]:
        """What became of it."""
        if invitation.accepted_at:
            return "accepted", str(_("Accepted"))
        if invitation.revoked_at:
            return "revoked", str(_("Withdrawn"))
        if invitation.expires_at <= timezone.now():
            return "expired", str(_("Expired"))
        return "open", str(_("Open"))
