"""Settings and entry points. Nothing of the product imports this package."""

from __future__ import annotations

from config.celery import app as celery_app

__all__ = ["celery_app"]
