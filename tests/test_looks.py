"""What judges a page judges the one that the last act led to, and all of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from playwright.sync_api import Page

from config import urls
from tests.browser import Look

pytestmark = [pytest.mark.journey, pytest.mark.urls(__name__)]

FINE = '<!doctype html><html lang="en"><title>Fine</title><a href="/slow/">On</a></html>'
WIDE = f"<!doctype html><html lang='en'><title>Slow</title><p>{'W' * 400}</p></html>"


@login_not_required
def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse(FINE)


@login_not_required
def slow(request: HttpRequest) -> StreamingHttpResponse:
    def in_two_pieces() -> Iterator[str]:
        # A comment is nothing that a page is made of.
        yield f"<!-- {'begun ' * 400} -->"
        time.sleep(0.5)
        yield WIDE

    return StreamingHttpResponse(in_two_pieces())


urlpatterns = [path("fine/", fine), path("slow/", slow), *urls.urlpatterns]


def test_a_page_that_has_only_begun_to_come_is_waited_for(page: Page, look: Look) -> None:
    page.goto("/fine/")
    page.get_by_role("link", name="On").click()
    with pytest.raises(AssertionError, match=r"/slow/ is .* px wide"):
        look(page, "slow")
