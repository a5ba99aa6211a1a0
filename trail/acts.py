"""Every kind of act the trail tells of, with the sentence it is told in.

The word before the dot says which area of the product it belongs to; pages are filtered by it. In
the sentences stand names that are looked up when somebody reads them: `who` did it, to which
`thing`, and `about` whom.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Area(models.TextChoices):
    """What acts are about."""

    ACCOUNT = "account", _("Signing in, accounts")
    TEAM = "team", _("People, roles, settings")
    CHANNEL = "channel", _("Channels, keys, reports from Sociocs")
    LIST = "list", _("Lists and filters")
    OPT_OUT = "opt_out", _("Opt-outs, failing numbers, blocks")
    FILE = "file", _("Exports")
    CAMPAIGN = "campaign", _("Campaigns, templates, media")
    ADMIN = "admin", _("Administration")


class Act(models.TextChoices):
    """What somebody did, as a sentence."""

    SIGNED_IN = "account.signed_in", _("%(who)s signed in")
    SIGN_IN_FAILED = "account.sign_in_failed", _("Signing in as %(about)s failed")
    TRIES_STOPPED = (
        "account.tries_stopped",
        _("Too many tries to sign in as %(about)s were stopped"),
    )
    SIGNED_OUT = "account.signed_out", _("%(who)s signed out")
    PERSON_MADE = "account.made", _("An account was created for %(about)s")
    PASSWORD_CHANGED = "account.password", _("The password of %(about)s was changed")
    ACCOUNT_CHANGED = "account.changed", _("The account of %(about)s was changed")
    ADDRESS_PROVED = "account.address", _("%(about)s confirmed their e-mail address")
    LINKED = "account.linked", _("%(about)s can now sign in through their organisation")
    SECOND_STEP_ADDED = "account.second_step", _("%(about)s set up two-step sign-in")
    SECOND_STEP_REMOVED = "account.no_second_step", _("A second step of %(about)s was removed")
    CODES_RENEWED = "account.codes", _("New recovery codes were created for %(about)s")
    SESSIONS_ENDED = "account.sessions", _("%(about)s was signed out in other browsers")

    FORM_REFUSED = (
        "account.form_refused",
        _("A form of %(who)s was refused, because it did not come from a page of this session"),
    )

    REFUSED = "team.refused", _("%(who)s tried something that their role does not allow")
    TEAM_MADE = "team.made", _("%(who)s created the team")
    TEAM_DELETED = "team.deleted", _("%(who)s deleted the team")
    KEPT_CHANGED = "team.kept", _("%(who)s changed how long data is kept")
    TEAM_CHANGED = "team.changed", _("%(who)s changed the settings of the team")
    INVITED = "team.invited", _("%(who)s invited someone")
    INVITATION_TAKEN_BACK = "team.uninvited", _("%(who)s withdrew an invitation")
    JOINED = "team.joined", _("%(about)s joined the team")
    ROLE_CHANGED = "team.role", _("%(who)s gave %(about)s another role")
    REMOVED = "team.removed", _("%(who)s removed %(about)s from the team")
    LEFT = "team.left", _("%(who)s left the team")
    TOKEN_MADE = "team.token_made", _("%(who)s created an API token: %(thing)s")
    TOKEN_REVOKED = "team.token_revoked", _("%(who)s ended an API token: %(thing)s")
    TOKEN_USED = "team.token_used", _("The API token %(thing)s of %(about)s was used")
    TOKEN_REFUSED = "team.token_refused", _("The API token %(thing)s of %(about)s was refused")
    RECEIVER_MADE = "team.receiver", _("%(who)s added a system that gets events: %(thing)s")
    RECEIVER_CHANGED = "team.receiver_changed", _("%(who)s changed what is sent to %(thing)s")
    RECEIVER_PAUSED = "team.receiver_paused", _("%(who)s paused the events for %(thing)s")
    RECEIVER_RESUMED = "team.receiver_on", _("%(who)s switched the events for %(thing)s on again")
    RECEIVER_OFF = (
        "team.receiver_off",
        _("Events for %(thing)s were switched off, because it did not accept them"),
    )
    RECEIVER_ENDED = "team.receiver_ended", _("Events for %(thing)s ended with its API token")
    RECEIVER_REMOVED = "team.receiver_removed", _("%(who)s removed a system that gets events")
    RECEIVER_TESTED = "team.receiver_tested", _("%(who)s sent a test event to %(thing)s")
    RECEIVER_SECRET_SHOWN = "team.receiver_secret", _("%(who)s looked at the secret of %(thing)s")
    RECEIVER_SECRET_RENEWED = (
        "team.receiver_renewed",
        _("%(who)s created a new secret for %(thing)s"),
    )
    EVENT_SENT_AGAIN = "team.event_again", _("%(who)s sent an event to %(thing)s again")
    EVENT_LEFT_OUT = "team.event_left_out", _("%(who)s left out an event for %(thing)s")

    ACCOUNT_ADDED = "channel.account_added", _("%(who)s added a Sociocs account: %(thing)s")
    KEY_CHANGED = "channel.key", _("%(who)s changed the API key of %(thing)s")
    ACCOUNT_RENAMED = "channel.account_renamed", _("%(who)s renamed a Sociocs account: %(thing)s")
    ACCOUNT_USED_AGAIN = "channel.reopened", _("%(who)s started using the account %(thing)s again")
    SYNCED = "channel.synced", _("%(who)s updated the channels of %(thing)s")
    CHANNEL_ADDED = "channel.added", _("%(who)s added a channel: %(thing)s")
    CHANNEL_CHANGED = "channel.changed", _("%(who)s changed a channel: %(thing)s")
    SENDERS_CHOSEN = "channel.senders", _("%(who)s chose who can send with %(thing)s")
    CHANNEL_STOPPED = "channel.stopped", _("%(who)s stopped using a channel: %(thing)s")
    CHANNEL_USED_AGAIN = "channel.used_again", _("%(who)s started using a channel again: %(thing)s")
    REPORTS_ON = "channel.reports_on", _("%(who)s switched delivery reports on for %(thing)s")
    REPORTS_CHECKED = "channel.reports_checked", _("%(who)s checked the reports of %(thing)s")
    REPORTS_OFF = "channel.reports_off", _("%(who)s switched delivery reports off for %(thing)s")
    CALL_REFUSED = (
        "channel.call_refused",
        _("A delivery report for %(thing)s was refused, because Sociocs had not signed it"),
    )
    TEST_NUMBER_ADDED = "channel.test_number", _("%(who)s added a test number: %(thing)s")
    TEST_NUMBER_REMOVED = "channel.no_test_number", _("%(who)s removed a test number")

    LIST_MADE = "list.made", _("%(who)s created a list: %(thing)s")
    LIST_IMPORTED = "list.imported", _("%(who)s started an import")
    IMPORT_STOPPED = "list.import_stopped", _("%(who)s stopped an import")
    IMPORT_UNDONE = "list.undone", _("%(who)s undid an import into %(thing)s")
    LIST_SHARED = "list.shared", _("%(who)s changed who can use %(thing)s")
    LIST_RENAMED = "list.renamed", _("%(who)s renamed a list: %(thing)s")
    LIST_ARCHIVED = "list.archived", _("%(who)s archived a list: %(thing)s")
    LIST_RESTORED = "list.restored", _("%(who)s brought a list back: %(thing)s")
    LIST_DELETED = "list.deleted", _("%(who)s deleted a list: %(thing)s")
    LISTS_MADE_OF = "list.made_of", _("%(who)s made new lists from %(thing)s")
    LISTS_HANDED_OVER = "list.handed_over", _("The lists of %(about)s went to someone else")
    PERSON_ADDED = "list.person_added", _("%(who)s added a person to %(thing)s")
    PERSON_CHANGED = "list.person_changed", _("%(who)s changed a person on %(thing)s")
    PEOPLE_BROUGHT = "list.people_brought", _("%(who)s added or changed people on %(thing)s")
    PEOPLE_REMOVED = "list.people_removed", _("%(who)s removed people from %(thing)s")
    FILTER_SAVED = "list.filter_saved", _("%(who)s saved a filter: %(thing)s")
    FILTER_DELETED = "list.filter_deleted", _("%(who)s deleted a filter")

    OPT_OUTS_ADDED = "opt_out.added", _("%(who)s added opt-outs")
    OPT_OUT_LIFTED = "opt_out.lifted", _("%(who)s allowed messages to someone again")
    LET_BE = "opt_out.let_be", _("%(who)s said that a reply was not a request to stop")
    NUMBER_LET_BACK = "opt_out.let_back", _("%(who)s allowed a failing number again")
    BLOCKED = "opt_out.blocked", _("%(who)s blocked people at %(thing)s")
    UNBLOCKED = "opt_out.unblocked", _("%(who)s removed blocks at %(thing)s")
    BLOCKS_LOOKED_FOR = "opt_out.looked_for", _("%(who)s started a search for blocked people")
    LOOKING_STOPPED = "opt_out.looking_stopped", _("%(who)s stopped the search for blocked people")

    PERSON_ERASED = "opt_out.erased", _("%(who)s erased a person")
    PERSON_TAKEN = "file.person", _("%(who)s exported the data of a person")
    ACTIVITY_TAKEN = "file.activity", _("%(who)s exported the activity")
    LIST_EXPORTED = "file.list", _("%(who)s exported a list: %(thing)s")
    OPT_OUTS_EXPORTED = "file.opt_outs", _("%(who)s exported the opt-outs")
    HISTORY_TAKEN = "file.history", _("%(who)s exported the history of campaigns")

    # One for each kind of event that somebody makes happen to a campaign.
    CAMPAIGN_MADE = "campaign.created", _("%(who)s created a draft: %(thing)s")
    DRAFT_DELETED = "campaign.deleted", _("%(who)s deleted a draft")
    APPROVAL_ASKED = "campaign.approval_asked", _("%(who)s asked for approval of %(thing)s")
    APPROVED = "campaign.approved", _("%(who)s approved %(thing)s")
    REJECTED = "campaign.rejected", _("%(who)s did not approve %(thing)s")
    LAUNCHED = "campaign.launched", _("%(who)s confirmed sending %(thing)s")
    OVERRULED = "campaign.overruled", _("%(who)s sent %(thing)s although there were warnings")
    LAUNCH_UNDONE = (
        "campaign.launch_undone",
        _("%(who)s undid sending %(thing)s before it went out"),
    )
    TAKE_BACK_ASKED = "campaign.take_back_asked", _("%(who)s started to undo sending %(thing)s")
    TAKEN_BACK = "campaign.taken_back", _("Sending %(thing)s was undone for %(who)s")
    TAKING_BACK = "campaign.taking_back", _("%(who)s stopped what had not left of %(thing)s")
    RESCHEDULED = "campaign.rescheduled", _("%(who)s chose another time for %(thing)s")
    PAUSED = "campaign.paused", _("%(who)s paused %(thing)s")
    RESUMED = "campaign.resumed", _("%(who)s continued %(thing)s")
    CANCELLED = "campaign.cancel_asked", _("%(who)s cancelled %(thing)s")
    REPEAT_ENDED = "campaign.repeat_ended", _("%(who)s stopped repeating %(thing)s")
    DECIDED = "campaign.decided", _("%(who)s answered a question about %(thing)s")
    LOOKED_AGAIN = (
        "campaign.looked_again",
        _("%(who)s looked for messages of %(thing)s at Sociocs again"),
    )
    SPLIT = "campaign.split", _("%(who)s had the rest of %(thing)s sent to fewer people at a time")
    EXPORTED = "campaign.exported", _("%(who)s exported %(thing)s")
    FOLLOWED_UP = (
        "campaign.followed_up",
        _("%(who)s started a draft to the people of %(thing)s still waiting"),
    )
    TEST_SENT = "campaign.test_sent", _("%(who)s sent a test of %(thing)s")
    TEMPLATE_SAVED = "campaign.template", _("%(who)s saved a template: %(thing)s")
    TEMPLATE_DELETED = "campaign.no_template", _("%(who)s deleted a template")
    WHATSAPP_TEMPLATE_ADDED = (
        "campaign.whatsapp_added",
        _("%(who)s added a WhatsApp template: %(thing)s"),
    )
    WHATSAPP_TEMPLATE_CHANGED = (
        "campaign.whatsapp_changed",
        _("%(who)s changed a WhatsApp template: %(thing)s"),
    )
    WHATSAPP_TEMPLATE_DELETED = (
        "campaign.no_whatsapp",
        _("%(who)s deleted a WhatsApp template: %(thing)s"),
    )
    MEDIA_ADDED = "campaign.media", _("%(who)s uploaded a media file: %(thing)s")
    MEDIA_DELETED = "campaign.no_media", _("%(who)s deleted a media file")

    ADMIN_ADDED = "admin.added", _("%(who)s added in the administration: %(thing)s")
    ADMIN_CHANGED = "admin.changed", _("%(who)s changed in the administration: %(thing)s")
    ADMIN_DELETED = "admin.deleted", _("%(who)s deleted in the administration: %(thing)s")
    TRAIL_SHORTENED = "admin.shortened", _("The oldest activity was deleted")

    @property
    def area(self) -> Area:
        """What it is about."""
        return Area(self.value.partition(".")[0])
