"""Addresses below `/<team>/opt-outs/`."""

from __future__ import annotations

from django.urls import path

from recipients.views import opt_outs

urlpatterns = [
    path("", opt_outs.register, name="opt-outs"),
    path("search/", opt_outs.search, name="opt-outs-search"),
    path("add/", opt_outs.add, name="opt-outs-add"),
    path("export/", opt_outs.export, name="opt-outs-export"),
    path("<uuid:entry_id>/lift/", opt_outs.lift, name="opt-out-lift"),
]
