"""What a media file is, told by its first bytes and never by its name or what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from campaigns.models import MediaKind

_IMAGES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
# ISO base media files name their kind behind "ftyp": ISO/IEC 14496-12, 4.3.
_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
PDF = "application/pdf"

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "image/jpeg": ".jpg",
        "image/png": ".png",
        "image/gif": ".gif",
        "image/webp": ".webp",
        "video/mp4": ".mp4",
        "video/3gpp": ".3gp",
        PDF: ".pdf",
        _OFFICE[b"word/"]: ".docx",
        _OFFICE[b"xl/"]: ".xlsx",
        _OFFICE[b"ppt/"]: ".pptx",
    }
)


def content_type_of(head: bytes) -> str:
    """The content type that these first bytes (4 kB) belong to; "" for none that we carry."""
    for start, content_type in _IMAGES.items():
        if head.startswith(start):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/3gpp" if head[8:10] == b"3g" else "video/mp4"
    if head.startswith(b"%PDF-"):
        return PDF
    return ""


def office_type_of(names: list[str]) -> str:
    """The content type of an Office document by the names inside its archive; "" for others."""
    if "[Content_Types].xml" not in names:
        return ""
    for start, content_type in _OFFICE.items():
        if any(name.startswith(start.decode()) for name in names):
            return content_type
    return ""


def kind_of(content_type: str) -> MediaKind:
    """How a channel would carry this content."""
    main = content_type.partition("/")[0]
    return {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO}.get(main, MediaKind.FILE)
