"""Sending a test of a draft, and the numbers that a team's tests may go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from campaigns.state_words import unclear_words
from campaigns.states import CampaignState, Outcome
from composer import sent_tests
from composer.forms import ComposeForm
from composer.models import SentTest
from composer.previewing import Ask, Move
from composer.sent_tests import Target
from composer.views.compose_parts import preview_phone, shown_lists
from composer.views.message_parts import whole_number
from interface.form_style import StyledForm
from interface.templatetags.interface import phone_number
from recipients.models import RecipientList
from sending import readiness
from teams.access import ALLOWED, Action, TeamRequest, page_of_team
from teams.models import Membership, User

ME = "me"
TESTS_SHOWN = 20
_LARGEST_KEY = 2**63 - 1
# Why nothing was sent, where the vendor did not say it in its own words.
_NOT_SENT = {
    "rate_limited": gettext_lazy("Sociocs asked us to wait. Send it again in a minute."),
    "authentication": gettext_lazy("Sociocs does not accept the API key of this channel."),
}


class SendTestForm(StyledForm):
    """Whom to send it to; the rest is what the person had in front of them."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    content = forms.CharField(widget=forms.HiddenInput, max_length=64)
    person = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=_LARGEST_KEY)
    to = forms.ChoiceField(
        label=gettext_lazy("Send it to"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the phone that gets the test."),
            "invalid_choice": gettext_lazy("This number is no longer there. Choose another one."),
        },
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets: dict[str, Target] = {}
        user, numbers = membership.user, list(membership.team.numbers_for_tests.all())
        # Everybody types their own number as they like. Tests go to those that an owner has chosen.
        is_chosen = Action.MANAGE_TEAM in ALLOWED[membership.role] or user.phone in {
            number.phone for number in numbers
        }
        if user.phone and is_chosen:
            self.targets[ME] = Target(user.name, user.phone)
        self.lacks_owner = bool(user.phone) and not is_chosen
        for number in numbers:
            self.targets[str(number.public_id)] = Target(number.label, number.phone)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (key, _("Me · %(phone)s") % {"phone": phone_number(target.phone)})
            if key == ME
            else (key, f"{target.label} · {phone_number(target.phone)}")
            for key, target in self.targets.items()
        ]


@require_http_methods(["GET", "POST"])
@page_of_team(Action.COMPOSE)
def test_send(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Show what a chosen person would get, and send it to a phone of the team's own, once."""
    campaign = campaign_of(request, campaign_id)
    if campaign.state != CampaignState.DRAFT:
        return redirect("campaign", request.team.slug, campaign.public_id)
    if request.method == "GET":
        return _page(request, campaign, None)
    form = SendTestForm(request.POST, membership=request.membership)
    if not form.is_valid():
        return _page(request, campaign, form)
    given = form.cleaned_data
    try:
        test = sent_tests.send(
            campaign,
            request.user,
            form.targets[given["to"]],
            token=given["token"],
            content=given["content"],
            lists=_lists(campaign, request.user),
            person=given["person"],
        )
    except sent_tests.NoTestSent as refused:
        form.add_error(None, refused.sentence)
        return _page(request, campaign, form)
    _tell(request, test)
    address = reverse("test-send", args=[request.team.slug, campaign.public_id])
    return redirect(f"{address}?person={given['person']}")


def _lists(campaign: Campaign, user: User) -> list[RecipientList]:
    """The draft's lists whose people this member may see."""
    form = ComposeForm(campaign, user)
    form.is_valid()
    return shown_lists(form)


def _tell(request: TeamRequest, test: SentTest) -> None:
    say = messages.success if test.outcome == Outcome.ACCEPTED else messages.warning
    label, _tone, why = describe_test(test)
    say(request, f"{label}. {why}".strip() if why else f"{label}.")


def describe_test(test: SentTest) -> tuple[str, str, str]:
    """(what became of a test, its tone, why or what to do)."""
    if test.outcome == Outcome.ACCEPTED:
        why = _("It should reach %(label)s within a minute.") % {"label": test.label}
        return _("Test message sent"), "success", why
    if test.is_waiting:
        return _("Waiting for Sociocs' answer"), "info", ""
    if test.outcome == Outcome.NOT_SENT:
        words = " ".join(test.refusal) or str(
            _NOT_SENT.get(test.reason, _("Sociocs could not be reached. Send it again later."))
        )
        return _("Not sent"), "danger", words
    reason = unclear_words(test.reason or "silence")
    sentence = _(
        "It may or may not arrive (%(why)s). Look at the phone before you send another one."
    )
    return _("No clear answer"), "warning", sentence % {"why": reason}


def _ask(data: Mapping[str, str]) -> Ask:
    """Whose text is wanted: the recipient `person` (a key), or by `move` the one beside."""
    key, place = whole_number(data.get("person")), whole_number(data.get("place"))
    move = data.get("move")
    return Ask(Move(move) if move in {Move.NEXT, Move.PREVIOUS} else Move.STAY, key, place)


def _page(request: TeamRequest, campaign: Campaign, form: SendTestForm | None) -> HttpResponse:
    shown = ComposeForm(campaign, request.user)
    shown.is_valid()
    phone = preview_phone(shown, _ask(request.POST or request.GET), request.user)
    fresh = {
        "token": uuid4(),
        "content": readiness.content_sha256(campaign),
        "person": phone.person.pk if phone.person else 0,
    }
    empty = SendTestForm(initial=fresh, membership=request.membership)
    if not empty.is_bound and len(empty.targets) == 1:
        empty.initial["to"] = next(iter(empty.targets))
    tests = campaign.tests.select_related("user").order_by("-pk")[:TESTS_SHOWN]
    context = {
        "campaign": campaign,
        "form": form or empty,
        # A form that was refused is sent again as another click, with what is shown now.
        "fresh": fresh,
        "phone": phone,
        "place_query": urlencode({"person": fresh["person"], "place": phone.found.place}),
        "is_tested": readiness.is_tested(campaign),
        "tests": [
            (sent_test, *describe_test(sent_test), sent_test.content_sha256 == fresh["content"])
            for sent_test in tests
        ],
    }
    status = 422 if form is not None else 200
    return render(request, "composer/test_send.html", context, status=status)
