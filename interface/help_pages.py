"""Help: the pages of the user guide, for everybody who is signed in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from interface import guide


@require_GET
def contents(request: HttpRequest) -> HttpResponse:
    """Show which pages there are."""
    return _show(request, guide.contents())


@require_GET
def guide_page(request: HttpRequest, topic: str) -> HttpResponse:
    """Show a page, with those before and after it. Raises Http404."""
    pages = guide.pages()
    names = [page.name for page in pages]
    if topic not in names:
        raise Http404
    place = names.index(topic)
    before = pages[place - 1] if place else None
    after = pages[place + 1] if place + 1 < len(pages) else None
    return _show(request, pages[place], before=before, after=after)


@require_GET
def whole_guide(request: HttpRequest) -> HttpResponse:
    """Show all pages as one, to be searched by the browser, and printed."""
    return render(
        request,
        "interface/guide_whole.html",
        {"pages": guide.pages(on_one_page=True), "title": guide.contents().title},
    )


def _show(request: HttpRequest, page: guide.GuidePage, **beside: object) -> HttpResponse:
    context = {"page": page, "pages": guide.pages(), **beside}
    return render(request, "interface/guide.html", context)
