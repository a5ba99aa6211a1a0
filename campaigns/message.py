"""What a campaign says: whether a channel can carry it, and what is worth a warning."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.copying import content_fields
from campaigns.models import Campaign, Message
from campaigns.problems import Problem
from campaigns.texts import dynamic_fields, whatsapp_templates
from campaigns.texts.dynamic_fields import Program, parse_text
from campaigns.texts.field_sentences import fault_sentence
from campaigns.whatsapp_shelf import shelf_problems
from interface.wording import Text
from sociocs_accounts.models import Channel
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import BulkMessage, MessageFault, MessageRecipient, SingleMessage
from sociocs_gateway.providers import MediaKind, Provider

# The columns of a draft that its message takes over under the same names.
SENT = [
    column.name
    for column in content_fields()
    if column.name in {sent.name for sent in Message._meta.concrete_fields}
]
# Stands in for the audience while only the message is looked at; it is never sent to.
_ANYBODY = MessageRecipient("+12025550100")
# What pages call the fields that are no column of a list.
_FIELD_LABELS: Mapping[str, Text] = {
    dynamic_fields.CUSTOMER_NAME: gettext_lazy("Name"),
    dynamic_fields.PHONE_NUMBER: gettext_lazy("Phone"),
    dynamic_fields.BUSINESS_NAME: gettext_lazy("Team's name"),
    dynamic_fields.SENDER_NAME: gettext_lazy("Sender's name"),
}
_NOTHING_SAID = gettext_lazy("Write a text or attach an image, video or file.")
_FIELD_OF_FAULT = {
    MessageFault.NO_CHANNEL: "channel",
    MessageFault.UNKNOWN_PROVIDER: "channel",
    MessageFault.MEDIA_URL_NOT_HTTP: "media_url",
}


def field_label(name: str) -> str:
    """What pages call a field: a column by its own name, a predefined one by a word."""
    return str(_FIELD_LABELS.get(name, name))


def bulk_message(
    channel: Channel,
    recipients: Sequence[MessageRecipient],
    text: str,
    media_kind: str,
    media_url: str,
    **options: object,
) -> BulkMessage:
    """The gateway's message for this channel. Raises MessageNotExpressible."""
    media = {MediaKind(media_kind).parameter: media_url} if media_kind and media_url else {}
    return BulkMessage(
        Provider(channel.provider),
        channel.channel_key,
        recipients,
        text=text,
        **media,  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )


def single_message(
    channel: Channel,
    recipient: MessageRecipient,
    text: str,
    media_kind: str,
    media_url: str,
    **options: object,
) -> SingleMessage:
    """The gateway's message to one person. Raises MessageNotExpressible."""
    media = {MediaKind(media_kind).parameter: media_url} if media_kind and media_url else {}
    return SingleMessage(
        Provider(channel.provider),
        channel.channel_key,
        recipient,
        text=text,
        **media,  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )


def message_problems(
    channel: Channel | None,
    text: str,
    media_kind: str,
    media_url: str,
    known_fields: Collection[str] | None = None,
) -> list[Problem]:
    """Why this message cannot be sent through this channel; empty when it can.

    `known_fields`: those of the chosen lists; None leaves unknown fields for later.
    """
    problems: list[Problem] = []
    if channel is None:
        problems.append(Problem("channel", _("Choose the channel that sends this campaign.")))
    elif not channel.is_active:
        problems.append(
            Problem("channel", _("This channel is no longer in use. Choose another one."))
        )
    if media_kind and not media_url:
        problems.append(
            Problem("media_url", _("Enter the public address of the file, or attach nothing."))
        )
        return problems
    if channel is None and not text and not media_url:
        # No channel carries this: whoever has chosen none yet need not come back to be told.
        problems.append(Problem("text", str(_NOTHING_SAID)))
    program = parse_text(text)
    problems += _field_problems(program, known_fields)
    if channel is None:
        return problems
    # The media are looked at also while a text is faulty, and so has no length yet.
    sample = "x" if program.faults else _shortest(program)
    try:
        bulk_message(
            channel,
            [_ANYBODY],
            sample,
            media_kind,
            media_url,
            dynamic_fields_allowed=bool(program.uses),
        )
    except MessageNotExpressible as fault:
        problems.append(
            Problem(
                _FIELD_OF_FAULT.get(MessageFault(fault.code), "text"),
                sentence_of(MessageFault(fault.code), channel, sample),
            )
        )
    return problems


def name_problems(campaign: Campaign) -> list[Problem]:
    """Why the names cannot be left to Sociocs, where the draft does so; empty when they can."""
    wanted = campaign.field_rules.get("name_placeholder", "")
    known = campaign.channel.account.name_placeholder if campaign.channel else wanted
    if not wanted or wanted == known:
        return []
    return [
        Problem(
            "name_by_sociocs",
            _(
                "Sociocs cannot fill in names for this channel's account. Save the draft once "
                "more, and we fill them in here."
            ),
        )
    ]


def _field_problems(program: Program, known_fields: Collection[str] | None) -> list[Problem]:
    faults = list(program.faults)
    if known_fields is not None:
        faults += program.unknown(known_fields)
    # One sentence for a name, however often the text uses it.
    sentences = dict.fromkeys(map(fault_sentence, sorted(faults, key=lambda fault: fault.start)))
    return [Problem("text", sentence) for sentence in sentences]


def _shortest(program: Program) -> str:
    """A stand-in as long as the shortest text anybody can get: longer ones are left out one by one.

    Where fields decide, whether anything is left to send is seen person by person too.
    """
    if not program.uses:
        return program.text
    return program.text[: max(program.shortest(), 1)]


def sentence_of(fault: MessageFault, channel: Channel, text: str) -> str:
    """What happened and what to do, in a person's words."""
    limit = channel.capabilities.max_text_length
    over = len(text) - limit
    sentences = {
        MessageFault.NO_TEXT_OR_MEDIA: str(_NOTHING_SAID),
        MessageFault.TEXT_TOO_LONG: ngettext(
            "The text is %(over)d character too long for %(provider)s, which takes %(limit)d. "
            "Shorten it.",
            "The text is %(over)d characters too long for %(provider)s, which takes %(limit)d. "
            "Shorten it.",
            max(over, 0),
        )
        % {"over": over, "provider": channel.capabilities.label, "limit": limit},
        MessageFault.MEDIA_URL_NOT_HTTP: _(
            "This is not a public web address. It must start with https:// (or http://), such as "
            "https://example.org/spring.jpg."
        ),
        MessageFault.DYNAMIC_FIELD_LEFT: _(
            "The text contains “{{”. Everyone would see it: remove it."
        ),
        MessageFault.UNSENDABLE_CHARACTER: _(
            "The text contains a character that cannot be sent. Delete it, or type the text again "
            "instead of pasting it."
        ),
    }
    return sentences.get(
        fault, _("Sociocs has no way to send this message. Change the text or the channel.")
    )


def message_warnings(channel: Channel | None, media_kind: str) -> list[str]:
    """What may go wrong although the message can be sent: worth telling, never worth blocking."""
    if channel is None:
        return []
    able = channel.capabilities
    warnings: list[str] = []
    if able.free_text_hours is not None:
        warnings.append(
            _(
                "WhatsApp delivers a text of your own only to people who wrote to you in the "
                "last %(hours)d hours. To reach everyone, choose an approved template."
            )
            % {"hours": able.free_text_hours}
        )
    support = able.media.get(MediaKind(media_kind)) if media_kind else None
    if media_kind and (support is None or not support.sure_in_bulk):
        warnings.append(
            _("%(provider)s may not carry this kind of file. Send a test first.")
            % {"provider": able.label}
        )
    return warnings


def message_of(campaign: Campaign) -> Message:
    """Store and return the content of a draft, which a launch fixes for ever.

    A text or media that stand in the draft beside a template are not part of what goes out.
    """
    said = {name: getattr(campaign, name) for name in SENT}
    if campaign.template:
        said |= {"text": "", "media_kind": "", "media_url": ""}
    user_id = campaign.sent_as.user_id if campaign.sent_as else ""
    return Message.objects.create(campaign=campaign, user_id=user_id, **said)


def content_problems(campaign: Campaign, known_fields: Collection[str] | None) -> list[Problem]:
    """Why it cannot be sent through its channel; `known_fields` as it takes them."""
    if campaign.template:
        problems = whatsapp_templates.template_problems(
            campaign.channel, campaign.template, known_fields
        )
        return problems + shelf_problems(campaign.channel, campaign.template)
    return message_problems(
        campaign.channel, campaign.text, campaign.media_kind, campaign.media_url, known_fields
    )
