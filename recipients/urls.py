"""Addresses below `/<team>/lists/`."""

from __future__ import annotations

from django.urls import path

from recipients import (
    export_views,
    filter_views,
    import_views,
    list_change_views,
    operation_views,
    people_views,
    sharing_views,
    undo_views,
    upload_views,
    views,
)

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
    path("new/", list_change_views.new, name="list-new"),
    path("operations/<uuid:operation_id>/", operation_views.operation, name="list-operation"),
    path("exports/<uuid:export_id>/", export_views.export_page, name="export"),
    path("exports/<uuid:export_id>/file/", export_views.export_file, name="export-file"),
    path("filters/", filter_views.filters_page, name="filters"),
    path("filters/new/", filter_views.new, name="filter-new"),
    path("filters/conditions/", filter_views.conditions, name="filter-conditions"),
    path("filters/count/", filter_views.count, name="filter-typed-count"),
    path("filters/<uuid:filter_id>/", filter_views.one_filter, name="filter"),
    path("filters/<uuid:filter_id>/count/", filter_views.count_saved, name="filter-count"),
    path("filters/<uuid:filter_id>/delete/", filter_views.delete, name="filter-delete"),
    path("<uuid:list_id>/", views.list_page, name="list"),
    path("<uuid:list_id>/people/add/", people_views.add, name="list-person-add"),
    path("<uuid:list_id>/people/remove/", people_views.remove, name="list-people-remove"),
    path("<uuid:list_id>/people/<str:row_id>/", people_views.change, name="list-person"),
    path("<uuid:list_id>/rename/", list_change_views.rename, name="list-rename"),
    path("<uuid:list_id>/archive/", list_change_views.archive, name="list-archive"),
    path("<uuid:list_id>/restore/", list_change_views.restore, name="list-restore"),
    path("<uuid:list_id>/delete/", list_change_views.delete, name="list-delete"),
    path("<uuid:list_id>/copy/", operation_views.copy, name="list-copy"),
    path("<uuid:list_id>/put-together/", operation_views.merge, name="list-merge"),
    path("<uuid:list_id>/split/", operation_views.split, name="list-split"),
    path("<uuid:list_id>/take-out/", operation_views.subtract, name="list-subtract"),
    path("<uuid:list_id>/export/", export_views.export, name="list-export"),
    path("<uuid:list_id>/search/", views.search, name="list-search"),
    path("<uuid:list_id>/sharing/", sharing_views.sharing, name="list-sharing"),
]
