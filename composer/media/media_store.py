"""Taking in media files: looked at, images made anew, kept under a name nobody can guess.

OWASP ASVS 5.0, 5.2 (what a file is, its size and pixels), 3.2.1 and 5.4 (how it is served). What
is not one of a few kinds is refused; an image is decoded and written again, so nothing that was
hidden in it (a script, a place, a camera's number) gets out.
"""

from __future__ import annotations

import io
import logging
import re
import secrets
import zipfile
from typing import Any, TypeAlias

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, ImageSequence
from pillow_heif import register_heif_opener

from campaigns.models import Campaign, MediaKind
from campaigns.states import FINISHED
from composer.media.file_kinds import ARCHIVE, SUFFIXES, content_type_of, kind_of, office_type_of
from composer.media.places import without_places
from composer.models import MediaFile
from recipients.files.archives import TooManyMembers, opened_archive
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

logger = logging.getLogger(__name__)

HEAD_BYTES = 4096
# A picture may have so many pixels, all its frames together: it is held in memory whole.
MOST_PIXELS = 50_000_000
# Each frame costs time, be it of one pixel.
MOST_FRAMES = 200
LONGEST_SIDE = 4096
JPEG_QUALITY = 88
Upload: TypeAlias = "UploadedFile[bytes]"
_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
    "image/avif": "AVIF",
}
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
# Which tracks a film has: ISO/IEC 14496-12, 8.4.3, and as QuickTime writes it.
_TRACKS = re.compile(rb"hdlr.{4}(?:\0{4}|mhlr)(vide|soun)", re.DOTALL)
register_heif_opener(thumbnails=False)


class NotTaken(Exception):
    """The file was not kept; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def media_storage() -> Storage:
    """Where media files are kept (`STORAGES["media"]`)."""
    return storages["media"]


def keep_media(team: Team, user: User, upload: Upload) -> MediaFile:
    """Keep an uploaded file, and return it with its public address. Raises NotTaken."""
    most = settings.MEDIA_MAX_MB * 1024 * 1024
    size = upload.size or 0
    if size > most:
        sentence = _("The file has %(size)s; at most %(limit)s can be uploaded. Make it smaller.")
        raise NotTaken(sentence % {"size": filesizeformat(size), "limit": filesizeformat(most)})
    if not size:
        raise NotTaken(_("The file is empty. Choose another one."))
    content_type = _content_type(upload)
    kind = kind_of(content_type)
    if kind is MediaKind.IMAGE:
        content_type, content = _made_anew(upload, content_type)
    else:
        content = _placeless(upload, content_type)
    name = f"{secrets.token_urlsafe(24)}{SUFFIXES[content_type]}"
    kept = _kept(name, content)
    label = (upload.name or name)[:200].replace("\x00", "")
    with transaction.atomic():
        media = MediaFile.objects.create(
            team=team,
            uploaded_by=user,
            label=label,
            name=kept,
            kind=kind,
            content_type=content_type,
            size=content.size,
        )
        record(Act.MEDIA_ADDED, media, by=user, after={"bytes": media.size})
    return media


def _placeless(upload: Upload, content_type: str) -> ContentFile[bytes]:
    """The file as it is, but for the place it says it was made at. Raises NotTaken."""
    content = upload.read()
    if content_type.startswith("video/") and set(_TRACKS.findall(content)) == {b"soun"}:
        raise NotTaken(_named("audio/mp4"))
    try:
        return ContentFile(without_places(content, content_type))
    except Exception:  # noqa: BLE001 - whatever a broken archive makes its reader raise
        raise NotTaken(
            _("This file is damaged, or too large inside. Open it and save it again.")
        ) from None


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
    using = Campaign.objects.filter(team=media.team, media_url=media.url).exclude(
        state__in=FINISHED
    )
    user = using.order_by("-pk").first()
    if user is not None:
        sentence = _("“%(name)s” needs this file: phone networks fetch it when it goes out.")
        raise NotTaken(sentence % {"name": user.name})
    try:
        media_storage().delete(media.name)
    except OSError as fault:
        logger.error("A media file was not deleted: %s", _reason(fault))
        sentence = _(
            "“%(name)s” is still there: the place where files are kept refused to delete it, or "
            "did not answer. Try again in a few minutes; if it stays so, tell the person "
            "who runs this dashboard."
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
            "The file was not uploaded: the place where files are kept refused it, or did not "
            "answer. Nothing else has changed. Try again in a few minutes; if it stays so, tell "
            "the person who runs this dashboard."
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
    if content_type not in SUFFIXES and content_type not in _FORMATS:
        raise NotTaken(
            _(
                "This is no image (JPEG, PNG, GIF, WebP, HEIC), video (MP4, 3GP), PDF, Word, "
                "Excel or PowerPoint file. Save it as one of these first."
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


def _made_anew(upload: Upload, content_type: str) -> tuple[str, ContentFile[bytes]]:
    """The image decoded and written again: (its content type now, its bytes). Raises NotTaken."""
    form = _FORMATS[content_type]
    try:
        with Image.open(upload, formats=[form]) as image:
            _check_pixels(image)
            if form == "GIF" and getattr(image, "is_animated", False):
                return "image/gif", _animation(image)
            still = ImageOps.exif_transpose(image)
            still.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _still(still, is_drawn=form in {"PNG", "GIF"})
    except NotTaken:
        raise
    except Image.DecompressionBombError:
        sentence = _("This image has too many pixels; at most %(most)d million can be taken.")
        raise NotTaken(sentence % {"most": MOST_PIXELS // 1_000_000}) from None
    except Exception:  # noqa: BLE001 - whatever a broken file makes a decoder raise
        if form in {"HEIF", "AVIF"}:
            name = "HEIC" if form == "HEIF" else form
            sentence = _("This %(name)s photo cannot be read here. Save it as JPEG first.")
            raise NotTaken(sentence % {"name": name}) from None
        raise NotTaken(
            _("This image is damaged. Open it in a picture program and save it again.")
        ) from None


def _check_pixels(image: Image.Image) -> None:
    # Of other files with several pictures, such as a phone's burst, the first is read alone.
    frames = _frames(image) if image.format == "GIF" else 1
    pixels = image.width * image.height * frames
    if pixels > MOST_PIXELS:
        sentence = _("This image has %(n)d million pixels; at most %(most)d can be taken.")
        raise NotTaken(sentence % {"n": pixels // 1_000_000, "most": MOST_PIXELS // 1_000_000})


def _frames(image: Image.Image) -> int:
    """How many pictures an animation has. Raises NotTaken before it has looked at too many."""
    try:
        image.seek(MOST_FRAMES)
    except EOFError:
        image.seek(0)
        return int(getattr(image, "n_frames", 1))
    sentence = _("This animation has more than %(most)d pictures. Make it shorter.")
    raise NotTaken(sentence % {"most": MOST_FRAMES})


def _still(image: Image.Image, *, is_drawn: bool) -> tuple[str, ContentFile[bytes]]:
    """A JPEG, or a PNG where something shines through: what every network carries."""
    out = io.BytesIO()
    shines_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    image = image.convert("RGBA" if shines_through else "RGB")
    # Comments and the like would be written again.
    image.info = {}
    if shines_through or is_drawn:
        image.save(out, "PNG", optimize=True)
        return "image/png", ContentFile(out.getvalue())
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return "image/jpeg", ContentFile(out.getvalue())


def _animation(image: Image.Image) -> ContentFile[bytes]:
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    out = io.BytesIO()
    duration = image.info.get("duration", 100)
    for frame in frames:
        frame.info = {}
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0)
    return ContentFile(out.getvalue())
