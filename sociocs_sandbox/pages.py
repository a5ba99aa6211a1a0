"""The pages people look at: phones, jobs and faults. No key is asked for."""

from __future__ import annotations

from sociocs_sandbox import fault_pages, job_pages, phone_pages
from sociocs_sandbox.control import Handler
from sociocs_sandbox.exchange import Request, Response, refusal
from sociocs_sandbox.rendering import static_file
from sociocs_sandbox.routing import Routes
from sociocs_sandbox.sandbox import Sandbox


def static(_: Sandbox, request: Request) -> Response:
    """``GET /static/{name}``."""
    return static_file(request.params["name"]) or refusal(404, "There is no such file")


ROUTES: Routes[Handler] = Routes(
    [
        ("GET", "/", phone_pages.overview_page),
        ("GET", "/phones/{phone}", phone_pages.phone_page),
        ("POST", "/phones/{phone}/reply", phone_pages.reply),
        ("GET", "/jobs", job_pages.jobs_page),
        ("GET", "/jobs/{job_id}", job_pages.job_page),
        ("GET", "/faults", fault_pages.faults),
        ("POST", "/faults", fault_pages.add_fault),
        ("POST", "/faults/clear", fault_pages.clear_faults),
        ("POST", "/faults/{id}/remove", fault_pages.remove_fault),
        ("GET", "/static/{name}", static),
    ]
)
