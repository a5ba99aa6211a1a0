"""The parts of the composer that answer while somebody writes: phone, head count, moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.utils import timezone

from campaigns import message
from campaigns.audiences import selection
from campaigns.audiences.audience_count import AudienceCount, count_selection, filters_of, is_quick
from campaigns.models import Campaign
from campaigns.scheduling.timing import lead
from campaigns.state_words import left_out_in_words
from campaigns.texts import dynamic_fields, personal_texts, rendering, whatsapp_templates
from campaigns.texts.outside_values import constants_of
from campaigns.texts.personal_texts import FieldRules
from composer import figures, previewing
from composer.forms import ComposeForm
from composer.whatsapp_text import Piece
from interface.dates import written
from interface.templatetags.interface import phone_number
from recipients.models import Recipient, RecipientList
from recipients.saved_filters.filters import unread_values
from sending import one_by_one
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from teams.models import Team, User

# How many people are looked at for one who gets the message.
_TRIED = 50


@dataclass(frozen=True, slots=True)
class PhonePreview:
    """The message as a phone shows it to one person of the chosen lists.

    `text` in pieces: (text, whether it stands for a field of the person's). `found`: whose it is,
    and where among the lists' people. `no_text` says why this person would get nothing.
    """

    campaign_id: UUID
    look: str
    sender: str
    text: list[Piece]
    media_kind: str
    media_url: str
    time: str
    found: previewing.ShownPerson
    words: str
    warnings: list[str]
    no_text: str = ""
    # The person's values by field, for the browser to count the text as it is typed.
    values: dict[str, str] = field(default_factory=dict)
    # Of an approved template.
    around: whatsapp_templates.Around = field(default_factory=whatsapp_templates.Around)

    @property
    def person(self) -> Recipient | None:
        """Whose phone it is."""
        return self.found.person


def preview_phone(form: ComposeForm, ask: previewing.Ask, writer: User) -> PhonePreview:
    """The phone for what the form says now, right or wrong, as sent by `writer`."""
    given = form.cleaned_data
    template, channel = form.typed_template(), given.get("channel")
    kind = "" if template else given.get("media_kind", "")
    lists = shown_lists(form)

    def opening(total: int) -> previewing.ShownPerson | None:
        return _first_reached(form, lists, total, writer)

    shown_person = previewing.person_for_preview(
        lists, ask, form.campaign.team.default_country, opening
    )
    text, around, no_text = _content_of(form, shown_person.person, writer)
    if shown_person.person is not None and not shown_person.gets_it:
        reason = previewing.exclusion_of(shown_person.person, selection_of(form))
        no_text = _why({reason: 1}) if reason else no_text
    if no_text and not text:
        # A picture alone does not go out either.
        kind = ""
    return PhonePreview(
        campaign_id=form.campaign.public_id,
        look=(channel.capabilities.medium if channel else Medium.SMS).value,
        sender=shown_sender(form.campaign.team, channel),
        text=text,
        media_kind=kind,
        media_url=given.get("media_url", "") if kind else "",
        time=_time_on_phone(form),
        found=shown_person,
        words=ask.words,
        warnings=[] if template else message.message_warnings(channel, given.get("media_kind", "")),
        no_text=no_text,
        values=_values_of(form.campaign, shown_person.person, writer),
        around=around,
    )


def _content_of(
    form: ComposeForm, person: Recipient | None, writer: User
) -> tuple[list[Piece], whatsapp_templates.Around, str]:
    """(the text this person gets, what stands around it, why they get none)."""
    if template := form.typed_template():
        return template_for(form.campaign, template, person, writer, form.rules())
    typed = form.cleaned_data.get("text", "")
    text, no_text = filled_for(form.campaign, typed, person, writer, form.rules())
    return text, whatsapp_templates.Around(), no_text


def _first_reached(
    form: ComposeForm, lists: Sequence[RecipientList], total: int, writer: User
) -> previewing.ShownPerson | None:
    """The first person who gets the message; else the first whom only the text leaves out."""
    first = None
    for shown, is_reached in _audience(form, lists, total, writer):
        if is_reached:
            return shown
        first = first or shown
    return first


def people_reached(form: ComposeForm, writer: User) -> Iterator[previewing.ShownPerson]:
    """Yield the first people who get the message, beginning with whom the phone shows first."""
    for shown, is_reached in _audience(form, shown_lists(form), 0, writer):
        if is_reached:
            yield shown


def _audience(
    form: ComposeForm, lists: Sequence[RecipientList], total: int, writer: User
) -> Iterator[tuple[previewing.ShownPerson, bool]]:
    """Yield (one of the first of the audience, whether the text leaves them in)."""
    seen = figures.sample_of(tuple(lists), selection_of(form))
    for row, place in zip(seen.people[:_TRIED], seen.places, strict=False):
        key, phone, name, fields = row
        person = Recipient(pk=key, phone=phone, name=name, fields=orjson.loads(fields))
        shown = previewing.ShownPerson(person, place, total, gets_it=True)
        yield shown, not _content_of(form, person, writer)[2]


def shown_sender(team: Team, channel: Channel | None) -> str:
    """Who a phone says the message is from: of an SMS the number, as no name comes with it."""
    if channel is not None and channel.capabilities.medium is Medium.SMS and channel.phone_number:
        return phone_number(channel.phone_number)
    return team.name


def shown_lists(form: ComposeForm) -> list[RecipientList]:
    """The lists that people come from, without those that are not the writer's to use."""
    hidden = set(form.borrowed_lists)
    choice = form.choice()
    unseen = set(form.borrowed_filters) if choice.filters else set()
    filters = tuple(saved_filter for saved_filter in choice.filters if saved_filter not in unseen)
    recipient_lists = selection.people_lists(replace(choice, filters=filters))
    return [recipient_list for recipient_list in recipient_lists if recipient_list not in hidden]


def template_for(
    campaign: Campaign,
    template: Mapping[str, Any],
    person: Recipient | None,
    writer: User,
    rules: FieldRules | None = None,
) -> tuple[list[Piece], whatsapp_templates.Around, str]:
    """(the template's own text with this person's values in it, what stands around it, why none)"""
    if template.get("of") == "":
        # None is chosen yet.
        return [], whatsapp_templates.Around(), ""
    source = whatsapp_templates.read(template).source
    pieces, no_text = filled_for(campaign, source, person, writer, rules)
    rendered = "".join(piece for piece, _is_value in pieces)
    # Without a person, and with a fault, the values stand there as they were written.
    limits = personal_texts.template_limits(len(rendered), template)
    refused = limits.refusal(rendered) if person is not None and source else None
    if not no_text and refused and refused.reason is rendering.LeftOut.EMPTY_VARIABLE:
        no_text = _why({refused.reason.value: 1})
    if no_text:
        return [], whatsapp_templates.Around(), no_text
    text = whatsapp_templates.one_line_each(rendered)
    return (
        whatsapp_templates.filled_pieces(template, text),
        whatsapp_templates.around(template, text),
        "",
    )


def content_for(
    campaign: Campaign, person: Recipient | None, writer: User
) -> tuple[str, whatsapp_templates.Around]:
    """(what this person of a stored draft gets, what stands around it)"""
    if campaign.template:
        pieces, around, _why_none = template_for(campaign, campaign.template, person, writer)
        return "".join(piece for piece, _is_value in pieces), around
    return text_for(campaign, campaign.text, person, writer)[0], whatsapp_templates.Around()


def text_for(
    campaign: Campaign, text: str, person: Recipient | None, writer: User
) -> tuple[str, str]:
    """(the text this person gets, why they get none); a text with faults is shown as it stands."""
    pieces, why = filled_for(campaign, text, person, writer)
    return "".join(piece for piece, _is_value in pieces), why


def filled_for(
    campaign: Campaign,
    text: str,
    person: Recipient | None,
    writer: User,
    rules: FieldRules | None = None,
) -> tuple[list[Piece], str]:
    """The same in pieces; by the draft's own rules unless others are given."""
    program = dynamic_fields.parse_text(text)
    if person is None or program.faults:
        return [(text, False)] if text else [], ""
    # What the person reads, whoever fills in the name.
    rules = replace(rules or FieldRules.from_json(campaign.field_rules), name_placeholder="")
    renderer = personal_texts.renderer_of(campaign, program, rules, writer, timezone.now())
    filled = renderer.filled(rendering.person_of(person.phone, person.name, dict(person.fields)))
    if isinstance(filled, rendering.Missing):
        why = _why({filled.reason.value: 1})
        return [], f"{why}: {filled.field}" if filled.field else why
    return filled, ""


def _why(left_out: dict[str, int]) -> str:
    return left_out_in_words(left_out)[0][1]


def _values_of(campaign: Campaign, person: Recipient | None, writer: User) -> dict[str, str]:
    if person is None:
        return {}
    values = rendering.person_of(person.phone, person.name, dict(person.fields))
    return {**values, **constants_of(campaign, writer)}


def _time_on_phone(form: ComposeForm) -> str:
    if form.wall_time:
        return form.wall_time.partition("T")[2]
    local_now = timezone.now().astimezone(ZoneInfo(form.campaign.team.time_zone))
    return written(local_now + lead(), "H:i")


def selection_of(form: ComposeForm) -> selection.Selection:
    """The audience that the form chooses now, right or wrong."""
    return selection.select(form.campaign, form.choice())


def audience_context(form: ComposeForm) -> dict[str, Any]:
    """What the step about recipients shows with the page.

    The count comes with it unless it takes longer than a page may.
    """
    chosen = selection_of(form)
    lists = selection.people_lists(form.choice())
    count = count_selection(chosen) if is_quick(chosen, lists) else None
    return {
        **counted(form, count, chosen),
        "borrowed": form.borrowed_lists,
        "borrowed_filters": form.borrowed_filters,
    }


def counted(
    form: ComposeForm, count: AudienceCount | None, chosen: selection.Selection
) -> dict[str, Any]:
    """A count for the page: the numbers, (rows, why, code) of those left out, and `refusal`.

    `refusal` says that they are too many for the way it goes out; `unread`, what the filters leave
    out because they cannot read it.
    """
    left_out = count.left_out if count else {}
    is_each = form.goes_one_by_one
    reasons = [(*left_out_in_words({code: rows})[0], code) for code, rows in left_out.items()]
    refusal = one_by_one.one_by_one_refusal(count.people) if count and is_each else ""
    unread = unread_values(filters_of(chosen)) if count and not count.unknown else []
    return {"count": count, "left_out": reasons, "refusal": refusal, "unread": unread}
