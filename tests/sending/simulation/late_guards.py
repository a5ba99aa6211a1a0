"""Every guard of the late look, each with what `sending.late_rules` would read like without it."""

from __future__ import annotations

GUARDS: dict[str, tuple[str, str]] = {
    # --- when
    "looked at half-way, however far that is": (
        "min(LATE_LOOK_AT_MOST, (slot - handed_over_at) / 2)",
        "(slot - handed_over_at) / 2",
    ),
    "looked at half an hour before, however late it came": (
        "min(LATE_LOOK_AT_MOST, (slot - handed_over_at) / 2)",
        "LATE_LOOK_AT_MOST",
    ),
    "looked at when nothing can be done any more": (
        "max(before, _nearest_look(lead, time_out))",
        "before",
    ),
    # --- whether
    "what a person only named is taken back": (" or how is How.PERSON or", " or"),
    "a job of a paused campaign is taken back": (
        "    if campaign is not CampaignState.SENDING:\n        return LateLook.NOT_SENDING\n",
        "",
    ),
    "taken back on a lane that rests": ("lane_refusal(lane, ours) is not None or ", ""),
    "taken back while the account does not answer": (" or lane.strikes:", ":"),
    "taken back by our own clock": (
        "    if vendors is None:\n        return LateLook.NO_CLOCK\n",
        "    vendors = vendors or ours\n",
    ),
    "taken back two at once": (
        "    if is_others_turn:\n        return LateLook.OTHERS_FIRST\n",
        "",
    ),
    "the next is taken back before the one before is there again": (
        "        return False\n    stands",
        "        return False\n    return False\n    stands",
    ),
    "taken back with no time to act": (
        "    if vendors + room > slot:\n        return LateLook.NO_TIME\n",
        "",
    ),
    "room for the lead alone": ("lead + max(2 * time_out, measured)", "lead"),
    "taken back although it cannot go out again": (
        "return None if would_go_out() else LateLook.NO_ROOM",
        "return None",
    ),
    # --- the deletion
    "deleted in the last moment": (
        "return now <= slot - (time_out + DELETION_MARGIN)",
        "return now < slot",
    ),
    "deleted as late as its answer takes": ("(time_out + DELETION_MARGIN)", "time_out"),
    "an unclear deletion counts as taken back": (
        "            return new\n    return S.UNKNOWN",
        "            return new\n    return S.REVOKED",
    ),
    "nothing is said of a job that ran": ("        return LateLook.RUNNING\n", "        pass\n"),
}

# What stands before it, so that no schedule reaches it; kept, as the rules are to be right whoever
# asks them. (what stands there, what stands before it)
UNREACHED: dict[str, tuple[str, str]] = {
    "a job without an id is taken back": (
        "or not job_id:",
        "only a job that a person named has none",
    ),
    "what is not at the vendor is taken back": (
        "submission is not S.ACCEPTED or",
        "only accepted jobs are looked at",
    ),
    "it took longer last time": (
        "max(2 * time_out, measured)",
        "no call of the simulation takes longer than its time-out",
    ),
}
