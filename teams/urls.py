"""Addresses of signing in, a person's account, and a team's own page."""

from __future__ import annotations

from django.urls import path

from teams.views import (
    account,
    addresses,
    going_on,
    invitations,
    leaving,
    new_team,
    passwords,
    proving_again,
    second_step,
    second_steps,
    sessions,
    signing_in,
    signing_up,
    single_sign_on,
    team,
    team_settings,
)

urlpatterns = [
    path("", account.home, name="home"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/again/", proving_again.sign_in_again, name="sign-in-again"),
    path("sign-in/go-on/", going_on.go_on, name="go-on"),
    path("sign-in/token/", going_on.form_token, name="form-token"),
    # Django-allauth leads there by this name.
    path("sign-in/code/", second_step.second_step, name="mfa_authenticate"),
    path("sign-in/passkey/", second_step.passkey_sign_in, name="passkey-sign-in"),
    path("sign-in/sso/", single_sign_on.sign_in_elsewhere, name="sso"),
    # Django-allauth has the server lead back there by this name.
    path(
        "sign-in/sso/back/",
        single_sign_on.back_from_elsewhere,
        {"provider_id": "sso"},
        name="openid_connect_callback",
    ),
    path("sign-up/", signing_up.sign_up, name="sign-up"),
    path("sign-up/<str:token>/", signing_up.sign_up_account, name="sign-up-account"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/address/ask/", addresses.ask_for_proof, name="address-ask"),
    path("account/address/<str:token>/", addresses.address_proof, name="address-proof"),
    path("account/second-step/", second_steps.overview, name="second-step"),
    path("account/second-step/app/", second_steps.add_app, name="app-add"),
    path("account/second-step/passkey/", second_steps.add_passkey, name="passkey-add"),
    path("account/second-step/codes/", second_steps.recovery_codes, name="recovery-codes"),
    path(
        "account/second-step/<int:key_id>/remove/", second_steps.remove, name="second-step-remove"
    ),
    path("account/sessions/end/", sessions.end_other_sessions, name="sessions-end"),
    path("account/sessions/<int:session_id>/end/", sessions.end_session, name="session-end"),
    path("account/password/", passwords.password_change, name="password-change"),
    path("password-reset/", passwords.password_reset, name="password-reset"),
    path("password-reset/sent/", passwords.password_reset_sent, name="password-reset-sent"),
    path(
        "password-reset/<uidb64>/<token>/",
        passwords.PasswordResetConfirm.as_view(),
        name="password-reset-confirm",
    ),
    path("teams/new/", new_team.team_new, name="team-new"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("<slug:team_slug>/team/", team.team_page, name="team"),
    path("<slug:team_slug>/team/settings/", team_settings.team_settings, name="team-settings"),
    path(
        "<slug:team_slug>/team/settings/<slug:part>/",
        team_settings.team_settings_part,
        name="team-settings-part",
    ),
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
