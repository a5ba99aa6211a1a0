"""Pages that exist only where the demo is installed."""

from __future__ import annotations

from django.urls import path

from demo.views import sample_recipients

urlpatterns = [path("sample-recipients.csv", sample_recipients, name="sample-recipients")]
