"""Addresses below `/<team>/` of what became of campaigns, and the overview."""

from __future__ import annotations

from django.urls import path

from history.views import (
    activity,
    calendar,
    campaign,
    campaign_parts,
    decisions,
    history,
    list_use,
    notices,
    people,
    person,
    reports,
    rescheduling,
)

urlpatterns = [
    path("", history.overview, name="overview"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("campaigns/", history.campaigns, name="campaigns"),
    path("campaigns/<uuid:campaign_id>/", campaign.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/live/", campaign.campaign_live, name="campaign-live"),
    path("campaigns/<uuid:campaign_id>/jobs/", campaign_parts.campaign_jobs, name="campaign-jobs"),
    path(
        "campaigns/<uuid:campaign_id>/delivery-times/",
        campaign_parts.campaign_delivery_times,
        name="campaign-delivery-times",
    ),
    path(
        "campaigns/<uuid:campaign_id>/reschedule/",
        rescheduling.campaign_reschedule,
        name="reschedule",
    ),
    path("campaigns/<uuid:campaign_id>/undo/", rescheduling.campaign_undo, name="undo"),
    path(
        "campaigns/<uuid:campaign_id>/repeat/end/",
        rescheduling.campaign_repeat_end,
        name="repeat-end",
    ),
    path("campaigns/<uuid:campaign_id>/pause/", campaign.campaign_pause, name="pause"),
    path("campaigns/<uuid:campaign_id>/resume/", campaign.campaign_resume, name="resume"),
    path("campaigns/<uuid:campaign_id>/take-back/", campaign.campaign_take_back, name="take-back"),
    path("campaigns/<uuid:campaign_id>/cancel/", campaign.campaign_cancel, name="cancel"),
    path(
        "campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/decide/",
        decisions.job_decide,
        name="decide",
    ),
    path(
        "campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/look-again/",
        decisions.job_look_again,
        name="look-again",
    ),
    path("lists/<uuid:list_id>/use/", list_use.list_use, name="list-use"),
    path("lists/<uuid:list_id>/put-away/", list_use.put_away, name="list-put-away"),
    path(
        "campaigns/<uuid:campaign_id>/decide-together/",
        decisions.campaign_decide_all,
        name="decide-all",
    ),
    path("people/", person.find_person, name="find-person"),
    path("people/<str:person_id>/", person.person, name="person"),
    path("campaigns/of-person/", history.campaigns_of_person, name="campaigns-of-person"),
    path("campaigns/<uuid:campaign_id>/people/", people.campaign_people, name="campaign-people"),
    path("campaigns/<uuid:campaign_id>/jobs/<uuid:job_id>/", people.campaign_job, name="job"),
    path("campaigns/<uuid:campaign_id>/follow-up/", people.campaign_follow_up, name="follow-up"),
    path("campaigns/report/", reports.report_history, name="report-history"),
    path("campaigns/<uuid:campaign_id>/report/", reports.report_campaign, name="report-campaign"),
    path("reports/<uuid:report_id>/", reports.report_page, name="report"),
    path("reports/<uuid:report_id>/file/", reports.report_file, name="report-file"),
    path("activity/", activity.activity, name="activity"),
    path("activity/export/", activity.activity_export, name="activity-export"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/choices/", notices.notice_choices, name="notice-choices"),
    path("notices/<uuid:notice_id>/", notices.open_notice, name="notice"),
]
