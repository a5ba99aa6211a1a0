"""The composer's three steps: which of them pass the checks of the review."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from campaigns import message
from campaigns.audiences import selection
from campaigns.problems import Problem
from campaigns.texts import whatsapp_templates
from campaigns.whatsapp_shelf import shelf_problems
from composer.forms import ComposeForm
from composer.views.schedule_step import as_typed
from sending import readiness

WHO, WHAT, WHEN = "who", "what", "when"
_OF_WHO = {
    *("lists", "lists_left_out", "filters", "filters_left_out"),
    *("campaigns_left_out", "days_left_out", "duplicates_allowed"),
}
_OF_WHEN = {
    *("when", "date", "time", "time_zone", "fold", "wall_time"),
    *("hours", "pace", "repeats", "clock_keeper", "zone_field"),
}
# These stand above the steps.
_OF_NONE = {"name", "test", "version", "__all__"}


def settled_steps(form: ComposeForm, problems: Iterable[Problem]) -> dict[str, bool]:
    """For each step, whether nothing in it keeps the draft from being launched."""
    fields = {problem.field for problem in problems} | set(form.errors)
    open_steps = {_step_of(field) for field in fields - _OF_NONE}
    return {step: step not in open_steps for step in (WHO, WHAT, WHEN)}


def _step_of(field: str) -> str:
    if field in _OF_WHO:
        return WHO
    is_of_schedule = field in _OF_WHEN or field.startswith(("pace_", "hours_", "repeat"))
    return WHEN if is_of_schedule else WHAT


def typed_problems(form: ComposeForm) -> list[Problem]:
    """What would keep the draft from being launched as it is typed now, by the launch's rules."""
    chosen = form.choice()
    problems = _of_message(form)
    if not {"lists", "filters"} & set(form.errors) and not (chosen.lists or chosen.filters):
        problems.append(readiness.no_list())
    if "time_zone" not in form.errors:
        problems += readiness.time_problems(as_typed(form), timezone.now(), None)
    return problems


def _of_message(form: ComposeForm) -> list[Problem]:
    given = form.cleaned_data
    lists = selection.people_lists(form.choice())
    known = selection.field_names_of(lists) if lists else None
    template = form.typed_template()
    if template:
        channel = given.get("channel")
        problems = whatsapp_templates.template_problems(channel, template, known)
        return problems + shelf_problems(channel, template)
    return message.message_problems(
        given.get("channel"),
        given.get("text", ""),
        given.get("media_kind", ""),
        given.get("media_url", ""),
        known,
    )
