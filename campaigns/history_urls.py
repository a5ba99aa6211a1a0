"""Addresses of what became of campaigns, below `/<team>/`."""

from __future__ import annotations

from django.urls import path

from campaigns.views import delivery, history, notices, people, replies

urlpatterns = [
    path("campaigns/of-person/", history.campaigns_of_person, name="campaigns-of-person"),
    path("campaigns/<uuid:campaign_id>/people/", people.people, name="campaign-people"),
    path("campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/", people.job, name="job"),
    path("campaigns/<uuid:campaign_id>/follow-up/", people.follow_up, name="follow-up"),
    path(
        "campaigns/<uuid:campaign_id>/replies/", replies.campaign_replies, name="campaign-replies"
    ),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/choices/", notices.choices, name="notice-choices"),
    path("notices/<uuid:notice_id>/", notices.open_notice, name="notice"),
    path("replies/", replies.replies, name="replies"),
    path("delivery/", delivery.delivery, name="delivery"),
    path("delivery/<uuid:channel_id>/on/", delivery.switch_on, name="delivery-on"),
    path("delivery/<uuid:channel_id>/check/", delivery.check, name="delivery-check"),
    path("delivery/<uuid:channel_id>/off/", delivery.switch_off, name="delivery-off"),
]
