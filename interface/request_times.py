"""How long pages take, by their address's name: counted by every web process, read at `/metrics`.

Where `PROMETHEUS_MULTIPROC_DIR` names a folder, all processes of this machine count together there;
else each tells of its own requests only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if _FOLDER:
    Path(_FOLDER).mkdir(parents=True, exist_ok=True)

# The library looks for the folder when it is imported.
from prometheus_client import CollectorRegistry, Histogram  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_times = Histogram(
    "campaigns_request_seconds",
    "How long a request took, by the name of its address.",
    ["address", "method", "status"],
    buckets=_BUCKETS,
    registry=None,
)


def note_times(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Note how long each request takes; stands before all others."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        # What stands in an address is nobody's business: only its name is noted.
        address = (match.view_name if match else "") or "other"
        method = request.method if request.method in {"GET", "POST"} else "other"
        status = f"{response.status_code // 100}xx"
        _times.labels(address, method, status).observe(time.perf_counter() - began)
        return response

    return respond


def add_to(registry: CollectorRegistry) -> None:
    """Have the registry tell of them."""
    if _FOLDER:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_times)
