"""Every address of the dashboard. Pages of a team live under `/<team>/`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from api.rest import application
from composer.views import media
from delivery.views import webhooks
from history.views.metrics import metrics
from interface import help_page, security_txt
from sending.views import healthz, readyz
from teams.views.signing_in import sign_in_to_the_admin

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
    path("help/", help_page.help_page, name="help"),
    path("admin/login/", sign_in_to_the_admin),
    path("admin/", admin.site.urls),
    path("media/<str:filename>", media.public_media, name="public-media"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.receive, name="webhook"),
    path("sociocs/", include("api.sociocs_door.urls")),
    path("api/v1/", application.addresses),
    path("", include("teams.urls")),
    path("<slug:team_slug>/lists/", include("recipients.urls")),
    path("<slug:team_slug>/opt-outs/", include("recipients.opt_out_urls")),
    path("<slug:team_slug>/", include("composer.urls")),
    path("<slug:team_slug>/", include("history.urls")),
    path("<slug:team_slug>/", include("delivery.urls")),
    path("<slug:team_slug>/", include("events.urls")),
    path("<slug:team_slug>/", include("privacy.urls")),
    path("<slug:team_slug>/", include("api.urls")),
    path("<slug:team_slug>/", include("sociocs_accounts.urls")),
]

handler400 = "interface.errors.bad_request"
handler403 = "interface.errors.forbidden"
handler404 = "interface.errors.not_found"
handler500 = "interface.errors.server_error"

if settings.DEMO:
    urlpatterns.insert(0, path("demo/", include("demo.urls")))
