"""The WSGI application served by gunicorn."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.front_door import refuse_to_open

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

refuse_to_open(settings)
_pages = get_wsgi_application()

from delivery.views.front_desk import FrontDesk  # noqa: E402 - it has models, which Django loads first

application = FrontDesk(_pages)
