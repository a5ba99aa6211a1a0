"""Whether a media address can be reached, and whether what stands there suits a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import MediaKind
from composer.media.file_kinds import (
    ARCHIVE,
    content_type_of,
    is_told_by_bytes,
    without_alias,
)
from composer.media.media_store import kind_of
from composer.models import MediaFile
from interface import public_addresses
from interface.public_addresses import FetchFault, FetchRules, NotFetched
from interface.wording import Text
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import MediaKind as Kind

_FAULTS: Mapping[FetchFault, Text] = {
    FetchFault.NOT_HTTPS: gettext_lazy(
        "Only addresses that begin with https:// and name no port can be checked from here. Open "
        "it yourself in a private window of your browser."
    ),
    FetchFault.HOST_NOT_ALLOWED: gettext_lazy(
        "This server may not look at that site. Open the address yourself in a private window."
    ),
    FetchFault.NOT_PUBLIC: gettext_lazy(
        "This address is in a private network, which phone networks cannot reach. Put the file "
        "on a public site, or upload it here."
    ),
    FetchFault.UNKNOWN_NAME: gettext_lazy(
        "There is no such site. Check the address for typing mistakes."
    ),
    FetchFault.NO_CONNECTION: gettext_lazy(
        "The site does not answer. Check the address, or try later."
    ),
    FetchFault.CERTIFICATE: gettext_lazy(
        "The site's certificate is not valid, so phone networks will not fetch from it."
    ),
    FetchFault.TOO_SLOW: gettext_lazy(
        "The site took longer than five seconds. It may be too slow."
    ),
    FetchFault.REDIRECT: gettext_lazy(
        "The address leads on to another one. Open it, and copy the address it ends at."
    ),
}


# What servers say of files they know nothing about; a bucket of Amazon's says the second.
_NO_KIND = {"application/octet-stream", "binary/octet-stream", "application/force-download"}


@dataclass(frozen=True, slots=True)
class MediaFinding:
    """What was found: `tone` is success, warning or danger."""

    tone: str
    sentence: str


def check_media(channel: Channel | None, kind: str, url: str) -> list[MediaFinding]:
    """Look at a media address, and say what is known of it; a file of our own needs no look."""
    own = own_file(url)
    if own is not None:
        findings = _suits(channel, kind, own.content_type, own.size)
        sentence = out_of_reach(url)
        return [*findings, MediaFinding("danger", sentence)] if sentence else findings
    if not settings.MEDIA_LINK_CHECK:
        return [
            MediaFinding("warning", _("This server does not check addresses. Open it yourself."))
        ]
    try:
        fetched = public_addresses.fetch(
            url, FetchRules(settings.MEDIA_LINK_LOOPBACK, tuple(settings.MEDIA_LINK_HOSTS))
        )
    except NotFetched as failure:
        return [_failed(failure)]
    told = without_alias(fetched.content_type.lower())
    known = content_type_of(fetched.head)
    told = "" if told in _NO_KIND else told
    # What is not told by its first bytes, or not by them alone, is what the site says.
    is_archive = known == ARCHIVE and told.startswith("application/")
    if is_archive or (not known and not is_told_by_bytes(told)):
        known = told
    findings = _suits(channel, kind, known or told, fetched.size)
    if any(finding.tone == "danger" for finding in findings) or (known == told and told):
        return findings
    # What is wrong beside that stays worth knowing.
    doubts = [finding for finding in findings if finding.tone == "warning"]
    return [MediaFinding("danger", _mistold(told, known)), *doubts]


def _mistold(told: str, known: str) -> str:
    """What the site says of the file is not what it is: Twilio goes by the site's word."""
    if not told:
        sentence = _("The site does not say what kind of file this is, so it would be refused.")
    elif known:
        sentence = _("The site sends it as %(told)s, but it is %(known)s, so it would be refused.")
    else:
        sentence = _("The site sends it as %(told)s, but it is not one, so it would be refused.")
    cure = _("Upload the file here, or ask the person who runs the site to send the right type.")
    return f"{sentence % {'told': told, 'known': known}} {cure}"


def out_of_reach(url: str) -> str:
    """Why phone networks cannot fetch from an address, as far as it tells by itself; else ""."""
    if settings.DEMO or not _is_local(url):
        # Beside the demo runs the stand-in of Sociocs, which shows the file.
        return ""
    if url.startswith(f"{settings.MEDIA_BASE_URL}/"):
        return _(
            "This server's own address is not public, so phone networks cannot fetch the file. Ask "
            "the person who runs it to set MEDIA_BASE_URL."
        )
    return str(_FAULTS[FetchFault.NOT_PUBLIC])


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host.replace(".", "").isdigit() or ":" in host:
        return not public_addresses.is_public(host)
    return host.rpartition(".")[2] == "localhost"


def own_file(url: str) -> MediaFile | None:
    """The uploaded file at this address, if it is one of ours."""
    base = settings.MEDIA_BASE_URL + "/"
    if not url.startswith(base):
        return None
    return MediaFile.objects.filter(name=url.removeprefix(base)).first()


def _failed(failure: NotFetched) -> MediaFinding:
    if failure.fault is FetchFault.STATUS:
        if failure.status in {401, 403}:
            sentence = _(
                "The site asks for a sign-in (HTTP %(status)s), so phone networks cannot fetch it."
            )
        else:
            sentence = _("The site answers with HTTP %(status)s instead of the file.")
        return MediaFinding("danger", sentence % {"status": failure.status})
    doubtful = {
        FetchFault.NOT_HTTPS,
        FetchFault.HOST_NOT_ALLOWED,
        FetchFault.TOO_SLOW,
        FetchFault.NO_CONNECTION,
    }
    tone = "warning" if failure.fault in doubtful else "danger"
    return MediaFinding(tone, str(_FAULTS[failure.fault]))


def _suits(
    channel: Channel | None, kind: str, content_type: str, size: int | None
) -> list[MediaFinding]:
    """What is right and wrong about a file of this type and size."""
    shown = content_type or _("an unknown kind of file")
    if size is not None:
        shown = f"{shown}, {filesizeformat(size)}"
    if content_type in {"text/html", "image/svg+xml"}:
        sentence = _("This is %(what)s: a page or drawing, which phone networks do not carry.")
        return [MediaFinding("danger", sentence % {"what": shown})]
    if content_type in {"image/heic", "image/avif"}:
        sentence = _(
            "This is %(what)s, a kind of photo that MMS and WhatsApp may not carry. Save it as "
            "JPEG, or upload it here and we convert it."
        )
        return [MediaFinding("danger", sentence % {"what": shown})]
    wrong = list(_doubts(channel, kind, content_type, size))
    if wrong:
        return [MediaFinding("warning", f"{shown}. {one}") for one in wrong]
    return [MediaFinding("success", _("It is there: %(what)s.") % {"what": shown})]


def _doubts(channel: Channel | None, kind: str, content_type: str, size: int | None) -> list[str]:
    sentences: list[str] = []
    actual = kind_of(content_type)
    if kind and content_type and actual != kind and kind != MediaKind.FILE:
        sentence = _("You attached it as “%(chosen)s”, but it is not one. Choose “%(actual)s”.")
        words = {"chosen": MediaKind(kind).label, "actual": actual.label}
        sentences.append(sentence % words)
    support = channel.capabilities.media.get(Kind(kind)) if channel and kind else None
    if channel is None or support is None:
        return sentences
    label = channel.capabilities.label
    if content_type and support.types and content_type not in support.types and not sentences:
        sentence = _("%(provider)s may not carry this type. Send a test first.")
        sentences.append(sentence % {"provider": label})
    if size is not None and size > support.max_bytes:
        sentence = _("%(provider)s carries at most %(limit)s. Make it smaller.")
        sentences.append(sentence % {"provider": label, "limit": filesizeformat(support.max_bytes)})
    elif size is not None and support.sure_bytes and size > support.sure_bytes:
        sentence = _(
            "Some phone networks carry at most %(limit)s if it is not a picture. Make it "
            "smaller, or some people may not get it."
        )
        sentences.append(sentence % {"limit": filesizeformat(support.sure_bytes)})
    if size is None:
        sentence = _(
            "The site does not say how large it is; %(provider)s carries at most %(limit)s."
        )
        sentences.append(sentence % {"provider": label, "limit": filesizeformat(support.max_bytes)})
    return sentences
