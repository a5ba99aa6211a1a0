"""What tests ask of the sandbox itself, under ``/sandbox``: faults, accounts, resets."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sociocs_sandbox import witness
from sociocs_sandbox.exchange import Request, Response, json_answer, refusal, success
from sociocs_sandbox.fault_catalogue import CATALOGUE
from sociocs_sandbox.routing import Routes
from sociocs_sandbox.sandbox import Sandbox
from sociocs_sandbox.subscriptions import SubscriptionNotFound

Handler = Callable[[Sandbox, Request], Response]


def list_faults(sandbox: Sandbox, _: Request) -> Response:
    """``GET /sandbox/faults``: the rules in force, oldest first, and the faults there are."""
    known = {kind.name: kind.title for kind in CATALOGUE.values()}
    rules = [rule.as_json() for rule in sandbox.faults.all()]
    return json_answer({"rules": rules, "known": known})


def post_fault(sandbox: Sandbox, request: Request) -> Response:
    """``POST /sandbox/faults``: make a rule, see ``FaultRules.add``."""
    return json_answer(sandbox.faults.add(request.json()).as_json(), 201)


def delete_faults(sandbox: Sandbox, _: Request) -> Response:
    """``DELETE /sandbox/faults``: drop all rules."""
    sandbox.faults.clear()
    return json_answer({"rules": []})


def delete_fault(sandbox: Sandbox, request: Request) -> Response:
    """``DELETE /sandbox/faults/{id}``: drop one rule."""
    rule_id = request.params["id"]
    if not rule_id.isdecimal() or not sandbox.faults.remove(int(rule_id)):
        return refusal(404, "There is no such rule")
    return json_answer({"removed": int(rule_id)})


def list_accounts(sandbox: Sandbox, _: Request) -> Response:
    """``GET /sandbox/accounts``: accounts with the last four characters of their keys."""
    return json_answer([vars(account) for account in sandbox.accounts.all()])


def post_account(sandbox: Sandbox, request: Request) -> Response:
    """``POST /sandbox/accounts`` ``{"name", "api_key"}``: one more account, with or without key."""
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        return refusal(400, "An account is a JSON object")
    key = body.get("api_key") or f"{secrets.token_hex(8)}:{secrets.token_urlsafe(24)}"
    name = body.get("name") or "Another account"
    if not isinstance(key, str) or not isinstance(name, str):
        return refusal(400, "name and api_key must be texts")
    account = sandbox.accounts.add(name, key)
    return json_answer({"id": account.id, "name": account.name, "api_key": key}, 201)


def post_reset(sandbox: Sandbox, _: Request) -> Response:
    """``POST /sandbox/reset``: forget everything but the accounts."""
    sandbox.reset()
    return success({})


def post_subscription(sandbox: Sandbox, request: Request) -> Response:
    """``POST /sandbox/subscriptions/{id}`` ``{"status": "paused", "sticks": true}``.

    One whose pause sticks stays paused when its reference is subscribed again.
    """
    body = request.json()
    status = body.get("status") if isinstance(body, dict) else None
    if status not in {"active", "paused"}:
        return refusal(400, "status must be active or paused")
    try:
        sticks = bool(body.get("sticks"))
        sandbox.subscriptions.set_status(request.params["id"], status, sticks=sticks)
    except SubscriptionNotFound:
        return refusal(404, "There is no such subscription")
    return success({})


def elsewhere(sandbox: Sandbox, _: Request) -> Response:
    """Where redirect faults lead: whoever follows is counted, and gets what looks like a job id."""
    sandbox.requests.count(witness.REDIRECT_FOLLOWED)
    return success({"job_id": "made-elsewhere"})


ROUTES: Routes[Handler] = Routes(
    [
        ("GET", "/sandbox/faults", list_faults),
        ("POST", "/sandbox/faults", post_fault),
        ("DELETE", "/sandbox/faults", delete_faults),
        ("DELETE", "/sandbox/faults/{id}", delete_fault),
        ("GET", "/sandbox/accounts", list_accounts),
        ("POST", "/sandbox/accounts", post_account),
        ("POST", "/sandbox/subscriptions/{id}", post_subscription),
        ("POST", "/sandbox/reset", post_reset),
        ("GET", "/sandbox/elsewhere", elsewhere),
        ("POST", "/sandbox/elsewhere", elsewhere),
        ("GET", "/sandbox/witness", witness.totals),
        ("GET", "/sandbox/witness/jobs", witness.witnessed_jobs),
        ("GET", "/sandbox/witness/jobs/{job_id}", witness.witnessed_job),
        ("GET", "/sandbox/witness/messages", witness.messages),
        ("GET", "/sandbox/witness/phones", witness.phones),
    ]
)
