"""Addresses of signing in, a person's account, and a team's own page."""

from __future__ import annotations

from django.urls import path

from teams.views import account, going_on, invitations, leaving, new_team, signing_in, team

urlpatterns = [
    path("", account.home, name="home"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/again/", signing_in.sign_in_again, name="sign-in-again"),
    path("sign-in/go-on/", going_on.go_on, name="go-on"),
    path("sign-in/token/", going_on.form_token, name="form-token"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password_change, name="password-change"),
    path("password-reset/", signing_in.password_reset, name="password-reset"),
    path("password-reset/sent/", signing_in.password_reset_sent, name="password-reset-sent"),
    path(
        "password-reset/<uidb64>/<token>/",
        signing_in.PasswordResetConfirm.as_view(),
        name="password-reset-confirm",
    ),
    path("teams/new/", new_team.team_new, name="team-new"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("<slug:team_slug>/team/", team.team_page, name="team"),
    path("<slug:team_slug>/team/settings/", team.team_settings, name="team-settings"),
    path("<slug:team_slug>/team/invitations/", team.team_invite, name="invite"),
    path(
        "<slug:team_slug>/team/invitations/<uuid:invitation_id>/revoke/",
        team.revoke_invitation,
        name="invitation-revoke",
    ),
    path(
        "<slug:team_slug>/team/members/<uuid:user_id>/role/", team.member_role, name="member-role"
    ),
    path(
        "<slug:team_slug>/team/members/<uuid:user_id>/remove/",
        leaving.remove_member,
        name="member-remove",
    ),
]
