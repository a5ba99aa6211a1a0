"""The app of whoever runs the server: copies of the database, and its way to PostgreSQL."""

from __future__ import annotations

from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    """Commands alone: no models, no pages."""

    name = "upkeep"
