"""What a channel can carry, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interface.wording import Text, number
from sociocs_gateway.providers import Capabilities, MediaKind

MEDIA_WORDS: Mapping[MediaKind, Text] = {
    MediaKind.IMAGE: gettext_lazy("images"),
    MediaKind.VIDEO: gettext_lazy("videos"),
    MediaKind.FILE: gettext_lazy("files"),
}


def carries(able: Capabilities) -> list[str]:
    """One line for each thing that a person may want to send through it."""
    lines = [_("texts up to %(n)s characters") % {"n": number(able.max_text_length)}]
    for kind, support in able.media.items():
        words = {"kind": MEDIA_WORDS[kind], "size": filesizeformat(support.max_bytes)}
        if support.sure_in_bulk:
            lines.append(_("%(kind)s up to %(size)s") % words)
        else:
            lines.append(_("%(kind)s up to %(size)s, not certain: send a test") % words)
    if able.takes_templates:
        lines.append(_("approved WhatsApp templates"))
    if able.free_text_hours is not None:
        lines.append(
            _("free texts only within %(n)d hours of a person's last message")
            % {"n": able.free_text_hours}
        )
    return lines
