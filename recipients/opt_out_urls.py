"""Addresses below `/<team>/opt-outs/`."""

from __future__ import annotations

from django.urls import path

from recipients import opt_out_views

urlpatterns = [
    path("", opt_out_views.register, name="opt-outs"),
    path("search/", opt_out_views.search, name="opt-outs-search"),
    path("add/", opt_out_views.add, name="opt-outs-add"),
    path("export/", opt_out_views.export, name="opt-outs-export"),
    path("<uuid:entry_id>/lift/", opt_out_views.lift, name="opt-out-lift"),
]
