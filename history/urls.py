"""Addresses below `/<team>/` of what became of campaigns, and the overview."""

from __future__ import annotations

from django.urls import path

from history.views import (
    calendar,
    campaign,
    decisions,
    history,
    its_time,
    list_use,
    notices,
    people,
    person,
    reports,
)

urlpatterns = [
    path("", history.overview, name="overview"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("campaigns/", history.campaigns, name="campaigns"),
    path("campaigns/<uuid:campaign_id>/", campaign.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/live/", campaign.live, name="campaign-live"),
    path("campaigns/<uuid:campaign_id>/reschedule/", its_time.reschedule, name="reschedule"),
    path("campaigns/<uuid:campaign_id>/undo/", its_time.undo, name="undo"),
    path("campaigns/<uuid:campaign_id>/repeat/end/", its_time.end_repeat, name="repeat-end"),
    path("campaigns/<uuid:campaign_id>/pause/", campaign.pause, name="pause"),
    path("campaigns/<uuid:campaign_id>/resume/", campaign.resume, name="resume"),
    path("campaigns/<uuid:campaign_id>/take-back/", campaign.take_back, name="take-back"),
    path("campaigns/<uuid:campaign_id>/cancel/", campaign.cancel, name="cancel"),
    path(
        "campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/decide/", decisions.decide, name="decide"
    ),
    path(
        "campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/look-again/",
        decisions.look_again,
        name="look-again",
    ),
    path("lists/<uuid:list_id>/use/", list_use.list_use, name="list-use"),
    path("lists/<uuid:list_id>/put-away/", list_use.put_away, name="list-put-away"),
    path("campaigns/<uuid:campaign_id>/decide-together/", decisions.decide_all, name="decide-all"),
    path("people/", person.find_person, name="find-person"),
    path("people/<str:person_id>/", person.person, name="person"),
    path("campaigns/of-person/", history.campaigns_of_person, name="campaigns-of-person"),
    path("campaigns/<uuid:campaign_id>/people/", people.people, name="campaign-people"),
    path("campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/", people.job, name="job"),
    path("campaigns/<uuid:campaign_id>/follow-up/", people.follow_up, name="follow-up"),
    path("campaigns/report/", reports.report_history, name="report-history"),
    path("campaigns/<uuid:campaign_id>/report/", reports.report_campaign, name="report-campaign"),
    path("reports/<uuid:report_id>/", reports.report, name="report"),
    path("reports/<uuid:report_id>/file/", reports.report_file, name="report-file"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/choices/", notices.choices, name="notice-choices"),
    path("notices/<uuid:notice_id>/", notices.open_notice, name="notice"),
]
