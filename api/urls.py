"""Addresses of the pages about tokens, below a team's address."""

from __future__ import annotations

from django.urls import path

from api import views

urlpatterns = [
    path("team/tokens/", views.token_list, name="tokens"),
    path("team/tokens/new/", views.token_new, name="token-new"),
    path("team/tokens/reference/", views.api_reference, name="api-reference"),
    path("team/tokens/<uuid:token_id>/end/", views.token_end, name="token-end"),
]
