"""The rights of each role as a table, made from `teams.access`: for the documents."""

from __future__ import annotations

from collections.abc import Iterator

from teams.access import ALLOWED, Action
from teams.models import Role

# What each right lets somebody do, in the words of the pages.
_DOES: dict[Action, str] = {
    Action.VIEW: "see campaigns, lists shared with them, replies, opt-outs, the calendar, figures",
    Action.EDIT_LISTS: "upload, change and share lists; opt people out, lift opt-outs",
    Action.COMPOSE: "write drafts, templates and media; test on phones of the team",
    Action.LAUNCH: "launch, approve a colleague's launch, pause, reschedule, take back, cancel",
    Action.DECIDE: "answer questions about jobs: sent, send again, do not send",
    Action.MAKE_TOKENS: "make tokens for programs, which may never more than who made them",
    Action.EXPORT: "take lists, opt-outs, people of campaigns and the history out as files",
    Action.MANAGE_TEAM: (
        "members, roles and invitations; settings and approval; channels, keys and who sends with "
        "which; delivery reports; what other systems are told; how long data is kept; erase a "
        "person; delete the team"
    ),
}


def rights_table() -> str:
    """The table in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "| " + " | ".join(["may", *(role.value for role in Role)]) + " |"
    yield "|" + "---|" * (1 + len(Role))
    for action in Action:
        marks = ("yes" if action in ALLOWED[role] else "" for role in Role)
        yield "| " + " | ".join([_DOES[action], *marks]) + " |"
