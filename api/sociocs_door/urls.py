"""The addresses of the Sociocs API, below `/sociocs/`: its base address for who calls it."""

from __future__ import annotations

from django.urls import path

from api.sociocs_door import jobs, questions, single_messages, subscriptions
from api.sociocs_door.answering import door_address

_part = "<str:part>"

urlpatterns = [
    path(
        "messages/bulk",
        door_address(GET=jobs.list_jobs, POST=jobs.create_job),
        name="door-jobs",
    ),
    path(
        f"messages/bulk/{_part}",
        door_address(PUT=jobs.reschedule_job, DELETE=jobs.delete_job),
        name="door-job",
    ),
    path("message", door_address(POST=single_messages.send_message), name="door-message"),
    path(
        "messages/scheduled",
        door_address(GET=single_messages.list_scheduled),
        name="door-scheduled-messages",
    ),
    path(
        f"messages/scheduled/{_part}",
        door_address(DELETE=single_messages.delete_scheduled),
        name="door-scheduled-message",
    ),
    path("messages", door_address(GET=questions.list_messages), name="door-messages"),
    path("messages/unreplied", door_address(GET=questions.list_unreplied), name="door-unreplied"),
    path("messages/search", door_address(GET=questions.search_messages), name="door-search"),
    path("channels", door_address(GET=questions.list_channels), name="door-channels"),
    path(f"channels/{_part}", door_address(GET=questions.get_channel), name="door-channel"),
    path("team-members", door_address(GET=questions.list_members), name="door-members"),
    path(f"contacts/block/{_part}", door_address(POST=questions.block), name="door-block"),
    path(f"contacts/unblock/{_part}", door_address(POST=questions.unblock), name="door-unblock"),
    path(
        f"contacts/isblocked/{_part}",
        door_address(GET=questions.is_blocked),
        name="door-is-blocked",
    ),
    path(
        "webhook-subscriptions",
        door_address(GET=subscriptions.list_subscriptions, POST=subscriptions.save_subscription),
        name="door-subscriptions",
    ),
    path(
        f"webhook-subscriptions/{_part}",
        door_address(GET=subscriptions.get_subscription, DELETE=subscriptions.delete_subscription),
        name="door-subscription",
    ),
    # Whatever else: said in the vendor's form, and before anybody is asked who they are.
    path("", door_address(), name="door-root"),
    path("<path:part>", door_address(), name="door-nothing"),
]
