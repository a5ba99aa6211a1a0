"""Taking in media files: looked at, images made anew, kept under a name nobody can guess.

OWASP ASVS 5.0, 5.2 (what a file is, its size and pixels), 3.2.1 and 5.4 (how it is served). What
is not one of a few kinds is refused; an image is decoded and written again, so nothing that was
hidden in it (a script, a place, a camera's number) gets out.
"""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import zipfile
from typing import Any, TypeAlias

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from campaigns.models import Campaign, MediaKind, WhatsAppTemplate
from campaigns.states import FINISHED
from composer.media import cleaning
from composer.media.cleaning import MediaFault
from composer.media.file_kinds import ARCHIVE, SUFFIXES, content_type_of, office_type_of
from composer.models import MediaFile
from interface.children import run_child
from interface.room import MEGABYTE, Room
from recipients.files.archives import TooManyMembers, opened_archive
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

logger = logging.getLogger(__name__)

HEAD_BYTES = 4096
# A picture may have so many pixels, all its frames together: it is held in memory whole.
MOST_PIXELS = 20_000_000
Upload: TypeAlias = "UploadedFile[bytes]"
# What people try to send and networks do not carry: its name, and what to save it as.
_NOT_CARRIED = {
    "image/tiff": ("TIFF", "JPEG"),
    "image/bmp": ("BMP", "JPEG"),
    "image/jxl": ("JPEG XL", "JPEG"),
    "image/jp2": ("JPEG 2000", "JPEG"),
    "image/svg+xml": ("SVG", "PNG"),
    "video/quicktime": ("MOV", "MP4"),
    "video/3gpp2": ("3G2", "MP4"),
    "video/webm": ("WebM", "MP4"),
    "video/x-msvideo": ("AVI", "MP4"),
    "audio/mp4": ("M4A", ""),
    "audio/mpeg": ("MP3", ""),
    "audio/ogg": ("OGG", ""),
    "audio/wav": ("WAV", ""),
    "audio/amr": ("AMR", ""),
    "audio/flac": ("FLAC", ""),
}


class NotTaken(Exception):
    """The file was not kept; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def media_storage() -> Storage:
    """Where media files are kept (`STORAGES["media"]`)."""
    return storages["media"]


def keep_media(team: Team, user: User, upload: Upload) -> MediaFile:
    """Keep an uploaded file, and return it with its public address.

    Raises NotTaken, and NoPlaceLeft while too many files are being opened.
    """
    most = settings.MEDIA_MAX_MB * MEGABYTE
    size = upload.size or 0
    if size > most:
        sentence = _("The file is %(size)s; at most %(limit)s can be uploaded. Make it smaller.")
        raise NotTaken(sentence % {"size": filesizeformat(size), "limit": filesizeformat(most)})
    if not size:
        raise NotTaken(_("The file is empty. Choose another one."))
    if size > room_for_media(team, user).left:
        raise NotTaken(
            _(
                "There is no room for this file: your team's files, or yours, use all their "
                "space. Delete files that no message needs any more."
            )
        )
    content_type = _content_type(upload)
    content_type, content = _cleaned(upload, content_type)
    name = f"{secrets.token_urlsafe(24)}{SUFFIXES[content_type]}"
    kept = _kept(name, content)
    label = (upload.name or name)[:200].replace("\x00", "")
    with transaction.atomic():
        media = MediaFile.objects.create(
            team=team,
            uploaded_by=user,
            label=label,
            name=kept,
            kind=kind_of(content_type),
            content_type=content_type,
            size=content.size,
        )
        record(Act.MEDIA_ADDED, media, by=user, after={"bytes": media.size})
    return media


def room_for_media(team: Team, user: User) -> Room:
    """What the media of a team and of one of its people takes, and may take."""
    sums = MediaFile.objects.filter(team=team).aggregate(
        of_team=Sum("size", default=0),
        of_person=Sum("size", filter=Q(uploaded_by=user), default=0),
    )
    return Room(
        most_of_team=settings.MEDIA_TEAM_MB * MEGABYTE,
        most_of_person=settings.MEDIA_PERSON_MB * MEGABYTE,
        **sums,
    )


def _named(content_type: str) -> str:
    """Why a file of this kind is not taken, by the name people know it by."""
    name, instead = _NOT_CARRIED[content_type]
    if not instead:
        return _(
            "This is a sound file (%(name)s). Messages carry pictures, films and documents."
        ) % {"name": name}
    return _(
        "This is a %(name)s file, which not every phone network carries. Save it as %(instead)s "
        "first, and upload that."
    ) % {"name": name, "instead": instead}


def delete_media(media: MediaFile) -> None:
    """Delete a file that no draft or running campaign needs. Raises NotTaken."""
    attached = Q(media_url=media.url) | Q(template__variables__icontains=media.url)
    using = Campaign.objects.filter(attached, team=media.team).exclude(state__in=FINISHED)
    on_top = WhatsAppTemplate.objects.filter(channel__team=media.team, header=media.url)
    template = on_top.filter(archived_at=None).order_by("-pk").first()
    if template is not None:
        sentence = _("The WhatsApp template “%(name)s” shows this file. Take it out there first.")
        raise NotTaken(sentence % {"name": template.name})
    user = using.order_by("-pk").first()
    if user is not None:
        sentence = _("“%(name)s” needs this file: phone networks fetch it when it goes out.")
        raise NotTaken(sentence % {"name": user.name})
    try:
        media_storage().delete(media.name)
    except OSError as fault:
        logger.error("A media file was not deleted: %s", _reason(fault))
        sentence = _(
            "“%(name)s” is still there: the file storage refused to delete it, or did not "
            "answer. Try again in a few minutes; if it stays so, tell the person who manages "
            "this server."
        )
        raise NotTaken(sentence % {"name": media.label}) from None
    with transaction.atomic():
        record(Act.MEDIA_DELETED, media)
        media.delete()


def _kept(name: str, content: File[Any]) -> str:
    """Put it into the store; return its name there. Raises NotTaken."""
    try:
        return media_storage().save(name, content)
    except OSError as fault:
        logger.error("A media file was not kept: %s", _reason(fault))
        sentence = _(
            "The file was not uploaded: the file storage refused it, or did not answer. Try "
            "again in a few minutes; if it stays so, tell the person who manages this server."
        )
        raise NotTaken(sentence) from None


def _reason(fault: OSError) -> str:
    """Why, without the file's path: whoever knows the name can open the file."""
    return fault.strerror or type(fault).__name__


def _content_type(upload: Upload) -> str:
    """What the file really is, whatever it is called. Raises NotTaken."""
    upload.seek(0)
    head = upload.read(HEAD_BYTES)
    upload.seek(0)
    content_type = content_type_of(head)
    if content_type == ARCHIVE:
        content_type = _office_type(upload)
    if content_type in _NOT_CARRIED:
        raise NotTaken(_named(content_type))
    if content_type not in SUFFIXES and content_type not in cleaning.IMAGES:
        raise NotTaken(
            _(
                "This is not an image (JPEG, PNG, GIF, WebP, HEIC), video (MP4, 3GP), PDF, "
                "Word, Excel or PowerPoint file. Save it as one of these first."
            )
        )
    return content_type


def _office_type(upload: Upload) -> str:
    try:
        with opened_archive(upload) as archive:
            names = archive.namelist()
    except (TooManyMembers, zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    finally:
        upload.seek(0)
    return office_type_of(names)


def _cleaned(upload: Upload, content_type: str) -> tuple[str, ContentFile[bytes]]:
    """The file without what was hidden in it: (its content type now, its bytes).

    Raises NotTaken, and NoPlaceLeft while too many files are being opened.
    """
    arguments = [content_type, str(MOST_PIXELS)]
    try:
        done = run_child(
            "media", "composer.media.cleaning", arguments, cleaning.SECONDS, upload.read()
        )
    except subprocess.TimeoutExpired:
        raise NotTaken(_refusal(MediaFault.TOO_MUCH, content_type)) from None
    line, _end, content = done.stdout.partition(b"\n")
    # A child that says nothing was ended at its limits.
    answer: dict[str, Any] = json.loads(line) if line else {"fault": MediaFault.TOO_MUCH}
    if fault := answer.get("fault"):
        raise NotTaken(_refusal(MediaFault(fault), content_type, answer.get("pixels", 0)))
    return answer["content_type"], ContentFile(content)


def _refusal(fault: MediaFault, content_type: str, pixels: int = 0) -> str:
    """What is wrong with a file that was opened, and what to do."""
    form = cleaning.IMAGES.get(content_type)
    if fault is MediaFault.TOO_MANY_PIXELS:
        sentence = _("This image has %(n)d million pixels; at most %(most)d can be taken.")
        return sentence % {"n": pixels // 1_000_000, "most": MOST_PIXELS // 1_000_000}
    if fault is MediaFault.TOO_MANY_FRAMES:
        sentence = _("This animation has more than %(most)d pictures. Make it shorter.")
        return sentence % {"most": cleaning.MOST_FRAMES}
    if fault is MediaFault.ONLY_SOUND:
        return _named("audio/mp4")
    if fault is MediaFault.TOO_MUCH:
        return _("This file takes too long to open, or too much room. Make it smaller first.")
    if form in {"HEIF", "AVIF"}:
        name = "HEIC" if form == "HEIF" else form
        return _("This %(name)s photo cannot be read here. Save it as JPEG first.") % {"name": name}
    if form:
        return _("This image is damaged. Open it in a picture program and save it again.")
    return _("This file is damaged, or too large inside. Open it and save it again.")


def kind_of(content_type: str) -> MediaKind:
    """How a channel would carry this content."""
    main = content_type.partition("/")[0]
    return {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO}.get(main, MediaKind.FILE)
