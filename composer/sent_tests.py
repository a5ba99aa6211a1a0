"""Test sends: one click is one message to a phone of the team's own, through the real gateway.

The intent is stored before the call and the answer after it, as in the protocol of submissions;
nothing is ever repeated by itself. Which content was tested is kept as a hash, so that a team can
have just that content tested before it is launched.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import message
from campaigns.audiences import audience
from campaigns.models import Campaign
from campaigns.state_words import left_out_in_words
from campaigns.states import Outcome
from campaigns.texts import dynamic_fields, personal_texts, rendering, whatsapp_templates
from composer import previewing
from composer.models import SentTest
from composer.previewing import Ask, Move
from recipients.models import OptOut, RecipientList
from recipients.subscriber_keys import subscriber_key
from sending import day_limits, gateway, readiness
from sending.protocol import AnswerKind, PostAnswer
from sociocs_accounts import clients
from sociocs_accounts.channel_rights import why_not_with
from sociocs_accounts.lanes import LaneState
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import MessageFault, MessageRecipient, SingleMessage
from teams import throttling
from teams.models import User
from trail.acts import Act
from trail.recording import record

log = logging.getLogger(__name__)

# A person waits for the answer.
CALL_SECONDS = 20.0
PER_PERSON = throttling.Limit("test-send", 30)
# So many different phones a person may test on within a day.
MOST_PHONES = 5
_OUTCOMES = {
    AnswerKind.ACCEPTED: Outcome.ACCEPTED,
    AnswerKind.UNKNOWN: Outcome.AMBIGUOUS,
    AnswerKind.REFUSED: Outcome.NOT_SENT,
    AnswerKind.TRY_LATER: Outcome.NOT_SENT,
}


class NoTestSent(Exception):
    """No test was sent; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Target:
    """A phone of the team's own: what it is called, and its number in E.164."""

    label: str
    phone: str


def send(
    campaign: Campaign,
    user: User,
    target: Target,
    *,
    token: UUID,
    content: str,
    lists: list[RecipientList],
    person: int,
) -> SentTest:
    """Send what the recipient `person` (a key) of `lists` would get to `target`, once.

    `content` is the hash of what the person at the screen saw, `token` came with the form: a second
    click gives the test that the first one made. Raises NoTestSent.
    """
    before = SentTest.objects.filter(campaign=campaign, token=token).first()
    if before is not None:
        return before
    if campaign.channel and (why_not := why_not_with(campaign.channel, user)):
        raise NoTestSent(why_not)
    made = _message(campaign, user, target, content, lists, person)
    if not throttling.count_try(PER_PERSON, str(user.pk)):
        minutes = throttling.minutes_left(PER_PERSON, str(user.pk))
        raise NoTestSent(
            ngettext(
                "You have sent many tests. Wait %(n)d minute, then continue.",
                "You have sent many tests. Wait %(n)d minutes, then continue.",
                minutes,
            )
            % {"n": minutes}
        )
    _check_phones(user, target)
    test = SentTest(
        campaign=campaign,
        token=token,
        user=user,
        label=target.label,
        phone=target.phone,
        content_sha256=content,
    )
    now = timezone.now()
    try:
        with transaction.atomic():
            test.save()
            record(Act.TEST_SENT, campaign, by=user, after={"test": test.pk})
            # A test is a message as any other: it takes a place in the day of its team and channel.
            if not day_limits.count_on_day(campaign, now, 1):
                raise NoTestSent(
                    _(
                        "Your team, or this channel, has reached its limit for today. Test it "
                        "tomorrow."
                    )
                )
    except IntegrityError:
        return SentTest.objects.get(token=token)
    _call(campaign, test, made)
    if test.outcome == Outcome.NOT_SENT:
        day_limits.uncount_on_day(campaign, now, 1)
    return test


def _check_phones(user: User, target: Target) -> None:
    """Raise NoTestSent for one phone more than a person may test on within a day."""
    since = timezone.now() - timedelta(days=1)
    theirs = SentTest.objects.filter(user=user, created_at__gt=since).exclude(phone=target.phone)
    if theirs.values("phone").distinct().count() >= MOST_PHONES:
        sentence = _(
            "You have sent tests to %(n)d phones today. Use one of them, or continue tomorrow."
        )
        raise NoTestSent(sentence % {"n": MOST_PHONES})


def _message(
    campaign: Campaign,
    user: User,
    target: Target,
    content: str,
    lists: list[RecipientList],
    person: int,
) -> SingleMessage:
    """What is to be sent. Raises NoTestSent."""
    if content != readiness.content_sha256(campaign):
        raise NoTestSent(
            _("This draft has changed since you opened this page. Look at it again, then send.")
        )
    known_fields = audience.audience_field_names(campaign) if lists else None
    problems = message.content_problems(campaign, known_fields)
    if problems:
        raise NoTestSent(" ".join(problem.sentence for problem in problems))
    _check_way(campaign, target)
    assert campaign.channel is not None
    text = _text(campaign, user, lists, person)
    user_id = campaign.sent_as.user_id if campaign.sent_as else None
    recipient = MessageRecipient(target.phone, target.label.replace("{{", "{ {"))
    try:
        if campaign.template:
            lines = whatsapp_templates.one_line_each(text)
            template = whatsapp_templates.for_person(campaign.template, lines)
            return message.single_message(
                *(campaign.channel, recipient, "", "", ""), template=template, user_id=user_id
            )
        return message.single_message(
            *(campaign.channel, recipient, text, campaign.media_kind, campaign.media_url),
            user_id=user_id,
            dynamic_fields_allowed=bool(personal_texts.rules_of(campaign).name_placeholder),
        )
    except MessageNotExpressible as fault:
        code = MessageFault(fault.code)
        raise NoTestSent(message.sentence_of(code, campaign.channel, campaign.text)) from None


def _check_way(campaign: Campaign, target: Target) -> None:
    assert campaign.channel is not None
    account = campaign.channel.account
    if account.state == LaneState.HALTED:
        raise NoTestSent(
            _(
                "Sociocs does not accept this channel's account at the moment. Have its API key "
                "checked under Channels, then send the test."
            )
        )
    if account.cool_until and account.cool_until > timezone.now():
        raise NoTestSent(_("Sociocs asked us to wait a little. Send the test in a minute."))
    wishes = OptOut.objects.open().filter(team=campaign.team)
    if wishes.filter(phone_key=subscriber_key(target.phone)).exists():
        raise NoTestSent(
            _(
                "This number has opted out of your team's messages. Choose another one, or "
                "first allow messages to it again."
            )
        )


def _text(campaign: Campaign, user: User, lists: list[RecipientList], person: int) -> str:
    """The text as the chosen person would get it. Raises NoTestSent."""
    program = dynamic_fields.parse_text(personal_texts.source_of(campaign))
    rules = personal_texts.rules_of(campaign)
    renderer = personal_texts.renderer_of(campaign, program, rules, user, timezone.now())
    if renderer.constant is not None:
        rendered = renderer.constant
    else:
        chosen = previewing.person_for_preview(lists, Ask(Move.GO, person), "").person
        if chosen is None:
            raise NoTestSent(
                _("The text has fields that differ from person to person. Choose a list first.")
            )
        if chosen.pk != person:
            # Not somebody else's text instead: what was shown is what is sent.
            raise NoTestSent(_("This person is no longer on the chosen lists. Choose another one."))
        fields = dict(chosen.fields)
        rendered = renderer.render(rendering.person_of(chosen.phone, chosen.name, fields))
    if campaign.template and isinstance(rendered, str):
        limits = personal_texts.text_limits(campaign, "", rules)
        rendered = limits.refusal(rendered) or rendered
    if isinstance(rendered, rendering.Missing):
        why = left_out_in_words({rendered.reason.value: 1})[0][1]
        raise NoTestSent(
            _("This person would get no message (%(why)s). Choose another one.") % {"why": why}
        )
    return rendered


def _call(campaign: Campaign, test: SentTest, made: SingleMessage) -> None:
    assert campaign.channel is not None
    account = campaign.channel.account
    try:
        with clients.client_of(account, CALL_SECONDS) as client:
            answer, evidence = gateway.post_message(client, made, lambda: None)
    except clients.LaneHalted as halted:
        answer, evidence = PostAnswer(AnswerKind.TRY_LATER, halted.reason), {}
    log.info(
        "test %s of campaign %s: %s", test.pk, campaign.public_id, answer.reason or answer.kind
    )
    if answer.halts:
        clients.halt(account, answer.halts)
    test.outcome = _OUTCOMES[answer.kind].value
    test.reason = answer.reason
    test.http_status = answer.http_status
    test.message_id = answer.job_id
    test.refusal = evidence.get("messages", "").splitlines()
    test.finished_at = timezone.now()
    test.save()
