"""Pages that exist only where the demo is installed."""

from __future__ import annotations

from django.urls import path

from demo.views import remove, sample_recipients

urlpatterns = [
    path("sample-recipients.csv", sample_recipients, name="sample-recipients"),
    path("<slug:team_slug>/remove-sample/", remove, name="sample-remove"),
]
