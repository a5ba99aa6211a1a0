"""Addresses of what became of campaigns, below `/<team>/`."""

from __future__ import annotations

from django.urls import path

from campaigns.views import delivery, history, notices, people, replies, reports

urlpatterns = [
    path("campaigns/of-person/", history.campaigns_of_person, name="campaigns-of-person"),
    path("campaigns/<uuid:campaign_id>/people/", people.people, name="campaign-people"),
    path("campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/", people.job, name="job"),
    path("campaigns/<uuid:campaign_id>/follow-up/", people.follow_up, name="follow-up"),
    path(
        "campaigns/<uuid:campaign_id>/replies/", replies.campaign_replies, name="campaign-replies"
    ),
    path("campaigns/report/", reports.report_history, name="report-history"),
    path("campaigns/<uuid:campaign_id>/report/", reports.report_campaign, name="report-campaign"),
    path("reports/<uuid:report_id>/", reports.report, name="report"),
    path("reports/<uuid:report_id>/file/", reports.report_file, name="report-file"),
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
