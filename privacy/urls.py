"""Addresses of how long data is kept, and of erasing a person; below a team's address."""

from __future__ import annotations

from django.urls import path

from privacy import team_views, views

urlpatterns = [
    path("team/kept/", views.kept_data, name="kept-data"),
    path("team/delete/", team_views.team_delete, name="team-delete"),
    path("people/<str:person_id>/erase/", views.erase_person, name="person-erase"),
    path("people/<str:person_id>/file/", views.person_file, name="person-file"),
]
