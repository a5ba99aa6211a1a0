"""The vendor's endpoints, each a few lines: check, do, answer in the vendor's envelope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sociocs_sandbox import validation
from sociocs_sandbox.authentication import Account
from sociocs_sandbox.exchange import (
    MalformedBody,
    Request,
    Response,
    json_answer,
    refusal,
    success,
)
from sociocs_sandbox.fault_catalogue import Disturbance
from sociocs_sandbox.jobs import JobAlreadyStarted, JobNotFound, now_ms
from sociocs_sandbox.lenient_bodies import body_of
from sociocs_sandbox.messages import Unreplied, found_messages, listed_messages
from sociocs_sandbox.routing import Routes
from sociocs_sandbox.sandbox import Sandbox
from sociocs_sandbox.seeds import CHANNELS, LISTS, TEAM_MEMBERS
from sociocs_sandbox.subscriptions import SubscriptionNotFound


@dataclass(frozen=True)
class ApiCall:
    """One authenticated request to the vendor, with what faults do to its effect."""

    sandbox: Sandbox
    account: Account
    request: Request
    disturbance: Disturbance


def answer(sandbox: Sandbox, request: Request, disturbance: Disturbance) -> Response:
    """Answer as the vendor does; whatever is wrong with the request becomes an error envelope."""
    route = ROUTES.find(request.method, request.path)
    if route is None:
        return refusal(404, "Endpoint not found")
    account = sandbox.accounts.authenticate(request.headers, request.query)
    if account is None:
        return refusal(401, "Authentication failed: the API key is missing or not valid")
    request.params = route.params
    try:
        return route.handler(ApiCall(sandbox, account, request, disturbance))
    except MalformedBody as error:
        return refusal(400, str(error))
    except validation.ValidationFailed as failure:
        return refusal(400, *failure.messages)
    except validation.TooManyRecipients as error:
        return refusal(413, str(error))
    except JobAlreadyStarted:
        return refusal(400, "It is being sent or has already run")
    except JobNotFound:
        return refusal(404, "Job not found")
    except SubscriptionNotFound:
        return refusal(404, "Webhook subscription not found")


def create_bulk_job(call: ApiCall) -> Response:
    """``POST /messages/bulk``."""
    checked = validation.bulk_request(body_of(call.request), call.sandbox.options.max_recipients)
    jobs = call.sandbox.jobs
    job_id = jobs.create(
        call.account.id,
        "bulk",
        checked,
        call.request.body,
        landing_delay_ms=round(call.disturbance.landing_delay_seconds * 1000),
    )
    if call.disturbance.repeats_job_id:
        job_id = jobs.earlier_job_id(call.account.id, job_id)
    return success({"job_id": job_id})


def list_bulk_jobs(call: ApiCall) -> Response:
    """``GET /messages/bulk``: at most 100, newest scheduled first."""
    stale_ms = round(call.disturbance.stale_seconds * 1000)
    return success(call.sandbox.jobs.listed(call.account.id, stale_ms=stale_ms))


def reschedule_bulk_job(call: ApiCall) -> Response:
    """``PUT /messages/bulk/{job_id}``."""
    job_id = call.request.params["job_id"]
    schedule_ms = validation.schedule_request(body_of(call.request))
    call.sandbox.jobs.reschedule(call.account.id, job_id, schedule_ms)
    return success({"job_id": job_id})


def delete_bulk_job(call: ApiCall) -> Response:
    """``DELETE /messages/bulk/{job_id}``."""
    job_id = call.request.params["job_id"]
    call.sandbox.jobs.delete(call.account.id, job_id)
    return success({"job_id": job_id})


def send_message(call: ApiCall) -> Response:
    """``POST /message``: one message, at once or at its schedule."""
    checked = validation.single_request(body_of(call.request))
    jobs = call.sandbox.jobs
    message_id = jobs.create(
        call.account.id,
        "message",
        checked,
        call.request.body,
        landing_delay_ms=round(call.disturbance.landing_delay_seconds * 1000),
    )
    saving = checked.saving
    if saving is not None:
        [phone], [name] = checked.phones, checked.names
        call.sandbox.address_book.save(
            call.account.id, saving.list_id, phone, name, saving.extra_fields
        )
    if call.disturbance.repeats_job_id:
        message_id = jobs.earlier_job_id(call.account.id, message_id)
    return success({"message_id": message_id})


def list_scheduled_messages(call: ApiCall) -> Response:
    """``GET /messages/scheduled``: single messages that wait, at most 100, newest scheduled first.

    One whose time has come is no longer there.
    """
    stale_ms = round(call.disturbance.stale_seconds * 1000)
    return success(call.sandbox.jobs.waiting_messages(call.account.id, stale_ms=stale_ms))


def delete_scheduled_message(call: ApiCall) -> Response:
    """``DELETE /messages/scheduled/{message_id}``: a success without ``data``."""
    call.sandbox.jobs.delete(call.account.id, call.request.params["message_id"], "message")
    return json_answer({"status": "success"})


def list_unreplied(call: ApiCall) -> Response:
    """``GET /messages/unreplied``: what came in and was not answered on its channel since."""
    period = validation.searched_period(call.request.query)
    return success(found_messages(call.sandbox.database, call.account.id, period, Unreplied()))


def search_messages(call: ApiCall) -> Response:
    """``GET /messages/search?text&direction``: messages that contain a text."""
    query = call.request.query
    period, directions = validation.searched_period(query), validation.search_directions(query)
    text = query.get("text", "").casefold()
    found = found_messages(
        call.sandbox.database,
        call.account.id,
        period,
        lambda message: message["direction"] in directions and text in message["text"].casefold(),
    )
    return success(found)


def list_messages(call: ApiCall) -> Response:
    """``GET /messages?start_date&end_date``: messages by UTC day, today's by default."""
    start_ms, end_ms = validation.message_period(call.request.query)
    return success(listed_messages(call.sandbox.database, call.account.id, start_ms, end_ms))


def list_channels(call: ApiCall) -> Response:
    """``GET /channels?provider=P``: a bare list, as the vendor documents it."""
    provider = validation.provider_filter(call.request.query)
    return json_answer(
        [
            {"id": channel.key, "channel_key": channel.key, "name": channel.name}
            for channel in CHANNELS.values()
            if channel.provider == provider
        ]
    )


def get_channel(call: ApiCall) -> Response:
    """``GET /channels/{channel_key}``."""
    channel = CHANNELS.get(call.request.params["channel_key"])
    if channel is None:
        return refusal(404, "Channel not found")
    return success(
        {
            "name": channel.name,
            "country_code": channel.country_code,
            "phone_number": channel.phone_number,
            "provider": channel.provider,
        }
    )


def list_team_members(_: ApiCall) -> Response:
    """``GET /team-members``."""
    return success([vars(member) for member in TEAM_MEMBERS.values()])


def list_lists(_: ApiCall) -> Response:
    """``GET /lists``: the account's lists of contacts."""
    return success([{"id": list_id, "name": name} for list_id, name in LISTS.items()])


def list_contacts(call: ApiCall) -> Response:
    """``GET /contacts?list_id&limit&offset``."""
    list_id, limit, offset = validation.contact_page(call.request.query)
    return success(call.sandbox.address_book.listed(call.account.id, list_id, limit, offset))


def block_contact(call: ApiCall) -> Response:
    """``POST /contacts/block/{phone}``."""
    phone = validation.phone_digits(call.request.params["phone"])
    since_ms = now_ms() if call.disturbance.blocks_later_jobs_only else 0
    call.sandbox.contacts.block(call.account.id, phone, since_ms)
    return success({"is_blocked": True})


def unblock_contact(call: ApiCall) -> Response:
    """``POST /contacts/unblock/{phone}``."""
    phone = validation.phone_digits(call.request.params["phone"])
    call.sandbox.contacts.unblock(call.account.id, phone)
    return success({"is_blocked": False})


def is_contact_blocked(call: ApiCall) -> Response:
    """``GET /contacts/isblocked/{phone}``."""
    phone = validation.phone_digits(call.request.params["phone"])
    return success({"is_blocked": call.sandbox.contacts.is_blocked(call.account.id, phone)})


def save_subscription(call: ApiCall) -> Response:
    """``POST /webhook-subscriptions``: the same ``subscriber_reference_id`` again updates."""
    fields = validation.subscription_request(body_of(call.request))
    return success({"id": call.sandbox.subscriptions.save(call.account.id, fields)})


def list_subscriptions(call: ApiCall) -> Response:
    """``GET /webhook-subscriptions``."""
    subscriptions = call.sandbox.subscriptions.of_account(call.account.id)
    return success([subscription.as_json() for subscription in subscriptions])


def get_subscription(call: ApiCall) -> Response:
    """``GET /webhook-subscriptions/{id}``."""
    subscription_id = call.request.params["id"]
    return success(call.sandbox.subscriptions.get(call.account.id, subscription_id).as_json())


def delete_subscription(call: ApiCall) -> Response:
    """``DELETE /webhook-subscriptions/{id}``."""
    subscription_id = call.request.params["id"]
    call.sandbox.subscriptions.delete(call.account.id, subscription_id)
    return success({"id": subscription_id})


ROUTES: Routes[Callable[[ApiCall], Response]] = Routes(
    [
        ("POST", "/messages/bulk", create_bulk_job),
        ("GET", "/messages/bulk", list_bulk_jobs),
        ("PUT", "/messages/bulk/{job_id}", reschedule_bulk_job),
        ("DELETE", "/messages/bulk/{job_id}", delete_bulk_job),
        ("POST", "/message", send_message),
        ("GET", "/messages/scheduled", list_scheduled_messages),
        ("DELETE", "/messages/scheduled/{message_id}", delete_scheduled_message),
        ("GET", "/messages/unreplied", list_unreplied),
        ("GET", "/messages/search", search_messages),
        ("GET", "/messages", list_messages),
        ("GET", "/channels", list_channels),
        ("GET", "/channels/{channel_key}", get_channel),
        ("GET", "/team-members", list_team_members),
        ("GET", "/lists", list_lists),
        ("GET", "/contacts", list_contacts),
        ("POST", "/contacts/block/{phone}", block_contact),
        ("POST", "/contacts/unblock/{phone}", unblock_contact),
        ("GET", "/contacts/isblocked/{phone}", is_contact_blocked),
        ("POST", "/webhook-subscriptions", save_subscription),
        ("GET", "/webhook-subscriptions", list_subscriptions),
        ("GET", "/webhook-subscriptions/{id}", get_subscription),
        ("DELETE", "/webhook-subscriptions/{id}", delete_subscription),
    ]
)
