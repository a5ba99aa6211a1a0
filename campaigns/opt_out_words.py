"""Words for people who opted out after their job was handed over, and for what became of it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from campaigns.states import LateLook, Stopped
from interface.wording import Text

# What became of somebody.
STOPPED_WORDS: Mapping[Stopped, Text] = {
    Stopped.TAKEN_OUT: gettext_lazy("taken out in time"),
    Stopped.BLOCKED: gettext_lazy("blocked at Sociocs"),
    Stopped.TOO_LATE: gettext_lazy("too late"),
    Stopped.WAITING: gettext_lazy("not known yet"),
}

# Of a single message, which has no late look.
WHY_NOT_A_SINGLE_MESSAGE = gettext_lazy("single messages go to Sociocs only shortly before")
# Why they were not taken out of their job. Behind "not taken out:".
WHY_NOT_TAKEN_OUT: Mapping[LateLook, Text] = {
    LateLook.NOBODY: gettext_lazy("they opted out after the last look before its time"),
    LateLook.TAKEN_OUT: gettext_lazy("they opted out after the last look before its time"),
    LateLook.BLOCK_ONLY: gettext_lazy("your team chose to block people only"),
    LateLook.NO_JOB: gettext_lazy(
        "a colleague answered for it, so its id at Sociocs is not known here"
    ),
    LateLook.NOT_SENDING: gettext_lazy("the campaign was paused, or waited for an answer"),
    LateLook.ACCOUNT: gettext_lazy("Sociocs did not answer reliably enough"),
    LateLook.NO_CLOCK: gettext_lazy("the clock of Sociocs could not be read"),
    LateLook.OTHERS_FIRST: gettext_lazy("other messages came first, and time was up"),
    LateLook.NO_ROOM: gettext_lazy(
        "the others could no longer have got it in its hours and limits"
    ),
    LateLook.NO_TIME: gettext_lazy("there was no time left to take them out"),
    LateLook.RUNNING: gettext_lazy("it was going out already"),
    LateLook.UNCLEAR: gettext_lazy("Sociocs gave no clear answer"),
    LateLook.GONE: gettext_lazy("it was no longer at Sociocs"),
}
