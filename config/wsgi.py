"""The WSGI application served by gunicorn."""

from __future__ import annotations

import gc
import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from config import reporting
from config.front_door import refuse_to_open

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

refuse_to_open(settings)
django.setup(set_prefix=False)
# Before the handler, which reads once what stands before each page.
reporting.begin(settings)
_pages = WSGIHandler()

from delivery.views.front_desk import FrontDesk  # noqa: E402 - it has models, which Django loads first

application = FrontDesk(_pages)

# What is there now stays for good: the collector need not look at it again and again, and processes
# that are forked from here share it. Pages make many objects that refer to no other in a ring.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
