"""What a channel can carry, and what was changed about it, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interface.wording import Text, number
from sociocs_accounts.models import ChannelEvent
from sociocs_gateway.providers import Capabilities, MediaKind

MEDIA_WORDS: Mapping[MediaKind, Text] = {
    MediaKind.IMAGE: gettext_lazy("images"),
    MediaKind.VIDEO: gettext_lazy("videos"),
    MediaKind.FILE: gettext_lazy("files"),
}

_CHANGES: Mapping[str, Text] = {
    ChannelEvent.Kind.ACCOUNT_ADDED: gettext_lazy("{who} added the Sociocs account “{subject}”"),
    ChannelEvent.Kind.KEY_CHANGED: gettext_lazy("{who} changed the API key of “{subject}”"),
    ChannelEvent.Kind.ACCOUNT_RENAMED: gettext_lazy(
        "{who} renamed the Sociocs account “{subject}”"
    ),
    ChannelEvent.Kind.SYNCED: gettext_lazy("{who} updated the channels of “{subject}”"),
    ChannelEvent.Kind.CHANNEL_ADDED: gettext_lazy("{who} added the channel “{subject}”"),
    ChannelEvent.Kind.CHANNEL_CHANGED: gettext_lazy("{who} changed the channel “{subject}”"),
    ChannelEvent.Kind.CHANNEL_STOPPED: gettext_lazy("{who} stopped using “{subject}”"),
    ChannelEvent.Kind.CHANNEL_USED_AGAIN: gettext_lazy("{who} started using “{subject}” again"),
}


def change_in_words(change: ChannelEvent) -> SafeString:
    """`Alice added the channel “Front desk”`, with the name in bold."""
    who = format_html("<b>{}</b>", change.actor or _("Someone"))
    return format_html(str(_CHANGES[change.kind]), who=who, subject=change.subject)


def carries(able: Capabilities) -> list[str]:
    """One line for each thing that a person may want to send through it."""
    lines = [_("texts up to %(n)s characters") % {"n": number(able.max_text_length)}]
    for kind, support in able.media.items():
        words = {"kind": MEDIA_WORDS[kind], "size": filesizeformat(support.max_bytes)}
        if support.sure_in_bulk:
            lines.append(_("%(kind)s up to %(size)s") % words)
        else:
            lines.append(_("%(kind)s up to %(size)s (not certain, so send a test)") % words)
    if able.takes_templates:
        lines.append(_("approved WhatsApp templates"))
    if able.free_text_hours is not None:
        lines.append(
            _("free text only within %(n)d hours of a person's last message")
            % {"n": able.free_text_hours}
        )
    return lines
