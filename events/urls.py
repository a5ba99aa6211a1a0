"""Addresses below `/<team>/` of the systems that a team's events are sent to."""

from __future__ import annotations

from django.urls import path

from events.views import receivers

_ONE = "team/events/<uuid:receiver_id>/"

urlpatterns = [
    path("team/events/", receivers.overview, name="receivers"),
    path("team/events/new/", receivers.new, name="receiver-new"),
    path(_ONE, receivers.receiver, name="receiver"),
    path(f"{_ONE}change/", receivers.change, name="receiver-change"),
    path(f"{_ONE}test/", receivers.send_test, name="receiver-test"),
    path(f"{_ONE}pause/", receivers.pause, name="receiver-pause"),
    path(f"{_ONE}on/", receivers.go_on, name="receiver-on"),
    path(f"{_ONE}secret/", receivers.show_secret, name="receiver-secret"),
    path(f"{_ONE}new-secret/", receivers.new_secret, name="receiver-new-secret"),
    path(f"{_ONE}remove/", receivers.remove, name="receiver-remove"),
    path(f"{_ONE}sent/<uuid:event_id>/again/", receivers.send_again, name="event-again"),
    path(f"{_ONE}sent/<uuid:event_id>/leave-out/", receivers.leave_out, name="event-leave-out"),
]
