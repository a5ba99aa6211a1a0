"""A team's media files, the check of a media address, and the files' public addresses."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST, require_safe

from composer.media import media_check, media_store
from composer.media.media_check import MediaFinding
from composer.models import MediaFile
from composer.views.compose import fragment_form
from interface.body_limits import takes_file
from sociocs_accounts.models import Channel
from teams import throttling
from teams.access import Action, TeamRequest, page_of_team, require

FILES_SHOWN = 60
CHECKS_PER_PERSON = throttling.Limit("media-check", 200)


@require_GET
@page_of_team(Action.COMPOSE)
def media(request: TeamRequest) -> HttpResponse:
    """The team's files, newest first, each with its address."""
    files = (
        MediaFile.objects.filter(team=request.team).select_related("uploaded_by").order_by("-pk")
    )
    context = {
        "files": files[:FILES_SHOWN],
        "limit_mb": settings.MEDIA_MAX_MB,
        "room": media_store.room_for_media(request.team, request.user),
    }
    return render(request, "composer/media.html", context)


# The CSRF middleware would read the body, and with it the file, before the handler is in place.
@takes_file(lambda: settings.MEDIA_MAX_MB)
@csrf_exempt
@require_POST
@page_of_team(Action.COMPOSE)
def media_upload(request: TeamRequest) -> HttpResponse:
    """Keep a file. The composer gets its address to fill in, the page of media shows it."""
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    response = _receive(request)
    assert isinstance(response, HttpResponse)
    return response


@csrf_protect
def _receive(request: TeamRequest) -> HttpResponse:
    in_composer = bool(getattr(request, "htmx", False))
    file = request.FILES.get("file")
    taken, sentence = None, ""
    if file is None:
        sentence = _("Choose a file first.")
    else:
        try:
            taken = media_store.keep_media(request.team, request.user, file)
        except media_store.NotTaken as refused:
            sentence = refused.sentence
    if in_composer:
        room = media_store.room_for_media(request.team, request.user)
        context = {"taken": taken, "sentence": sentence, "room": room}
        return render(request, "composer/_uploaded.html", context)
    if taken is None:
        messages.error(request, sentence)
    else:
        messages.success(request, _("“%(name)s” is uploaded.") % {"name": taken.label})
    return redirect("media", request.team.slug)


@require_POST
@page_of_team(Action.COMPOSE)
def media_delete(request: TeamRequest, media_id: UUID) -> HttpResponse:
    """Delete a file: its uploader theirs, an owner any."""
    media_file = get_object_or_404(MediaFile, team=request.team, public_id=media_id)
    if media_file.uploaded_by != request.user:
        require(request.membership, Action.MANAGE_TEAM)
    try:
        media_store.delete_media(media_file)
    except media_store.NotTaken as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": media_file.label})
    return redirect("media", request.team.slug)


@require_POST
@page_of_team(Action.COMPOSE)
def media_url_check(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """What stands at the typed media address, and whether the chosen channel carries it."""
    given = fragment_form(request, campaign_id).cleaned_data
    url, kind = given.get("media_url", ""), given.get("media_kind", "")
    findings: list[MediaFinding] = []
    if url and kind:
        findings = _checked(request, given.get("channel"), kind, url)
    return render(request, "composer/_media_findings.html", {"findings": findings})


def _checked(
    request: TeamRequest, channel: Channel | None, kind: str, url: str
) -> list[MediaFinding]:
    # Each look is a request that this server makes for somebody.
    if not throttling.count_try(CHECKS_PER_PERSON, str(request.user.pk)):
        return [
            MediaFinding("warning", _("Too many addresses were checked. Try again in an hour."))
        ]
    return media_check.check_media(channel, kind, url)


@login_not_required
@require_safe
def public_media(_request: HttpRequest, filename: str) -> FileResponse:
    """A file for whoever knows its name: the provider fetches it without signing in.

    What it is comes from our own record. It is a download in every browser, and nothing in it runs.
    """
    if not settings.MEDIA_IS_SERVED_HERE:
        raise Http404
    media_file = get_object_or_404(MediaFile, name=filename)
    try:
        content = media_store.media_storage().open(media_file.name)
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(
        content, as_attachment=True, filename=media_file.name, content_type=media_file.content_type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Cache-Control"] = "public, max-age=86400, immutable"
    answer["X-Robots-Tag"] = "noindex"
    return answer
