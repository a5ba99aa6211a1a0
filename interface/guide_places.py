"""Which page of the guide "?" leads to, by the name of the address that somebody is at."""

from __future__ import annotations

_PLACES = {
    "first-campaign": (
        "home overview campaigns campaign campaign-people campaigns-of-person campaign-live "
        "campaign-delivery-times compose review planning test-send notices notice-choices "
        "campaign-jobs job report"
    ),
    "files": (
        "lists upload paste import import-check import-summary import-confirm import-progress "
        "import-undo list list-search list-opted-out list-new list-person list-person-add "
        "list-rename list-copy list-merge list-split list-subtract list-operation list-use "
        "list-put-away export filters filter filter-new filter-count"
    ),
    "fields": "fields-in-use templates template template-new template-keep media",
    "whatsapp": (
        "channels channel channel-new account-new vendor-account whatsapp-templates "
        "whatsapp-template whatsapp-template-new whatsapp-template-delete"
    ),
    "opt-outs": (
        "opt-outs opt-outs-search opt-outs-add opt-out-lift failing-numbers blocks person "
        "person-erase"
    ),
    "replies": "replies reply campaign-replies delivery",
    "may-have-been-sent": "decide decide-all",
    "approval": "approve",
    "schedule-and-pace": "calendar reschedule",
    "team-and-security": (
        "account team team-settings team-settings-part invite member-remove activity kept-data "
        "team-delete team-new tokens token-new api-reference receivers receiver receiver-new "
        "receiver-change sign-in-again go-on second-step app-add passkey-add recovery-codes "
        "password-change"
    ),
}
GUIDE_OF = {address: page for page, names in _PLACES.items() for address in names.split()}
