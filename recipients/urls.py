"""Addresses below `/<team>/lists/`."""

from __future__ import annotations

from django.urls import path

from recipients import import_views, sharing_views, undo_views, upload_views, views

urlpatterns = [
    path("", views.lists, name="lists"),
    path("upload/", upload_views.upload, name="upload"),
    path("upload/paste/", upload_views.paste, name="paste"),
    path("imports/<uuid:import_id>/", import_views.import_page, name="import"),
    path("imports/<uuid:import_id>/check/", import_views.check, name="import-check"),
    path("imports/<uuid:import_id>/summary/", import_views.summary, name="import-summary"),
    path("imports/<uuid:import_id>/confirm/", import_views.confirm, name="import-confirm"),
    path("imports/<uuid:import_id>/discard/", import_views.discard, name="import-discard"),
    path("imports/<uuid:import_id>/progress/", import_views.progress, name="import-progress"),
    path("imports/<uuid:import_id>/stop/", import_views.stop, name="import-stop"),
    path("imports/<uuid:import_id>/retry/", import_views.retry, name="import-retry"),
    path("imports/<uuid:import_id>/undo/", undo_views.undo, name="import-undo"),
    path(
        "imports/<uuid:import_id>/rejected-rows/",
        import_views.rejected_rows,
        name="rejected-rows",
    ),
    path("<uuid:list_id>/", views.list_page, name="list"),
    path("<uuid:list_id>/search/", views.search, name="list-search"),
    path("<uuid:list_id>/sharing/", sharing_views.sharing, name="list-sharing"),
]
