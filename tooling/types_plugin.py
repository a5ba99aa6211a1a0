"""mypy's Django plugin, with the settings that config.settings cannot do without."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "only-for-type-checking")
os.environ.setdefault("DEMO", "1")

from mypy_django_plugin.main import plugin

__all__ = ["plugin"]
