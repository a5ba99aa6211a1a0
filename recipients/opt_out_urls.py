"""Addresses below `/<team>/opt-outs/`."""

from __future__ import annotations

from django.urls import path

from recipients.views import opt_outs

urlpatterns = [
    path("", opt_outs.opt_outs_page, name="opt-outs"),
    path("search/", opt_outs.opt_outs_search, name="opt-outs-search"),
    path("add/", opt_outs.opt_outs_add, name="opt-outs-add"),
    path("export/", opt_outs.opt_outs_export, name="opt-outs-export"),
    path("<uuid:entry_id>/lift/", opt_outs.opt_out_lift, name="opt-out-lift"),
]
