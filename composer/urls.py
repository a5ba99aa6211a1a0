"""Addresses of drafts below `/<team>/`: writing, reviewing, launching."""

from __future__ import annotations

from django.urls import include, path

from composer.views import (
    audience_step,
    compose,
    drafting,
    media,
    message_step,
    review,
    sent_tests,
    templates,
)

urlpatterns = [
    path("campaigns/new/", compose.campaign_new, name="campaign-new"),
    path("campaigns/<uuid:campaign_id>/compose/", compose.compose, name="compose"),
    path(
        "campaigns/<uuid:campaign_id>/compose/preview/",
        message_step.message_preview,
        name="preview",
    ),
    path("campaigns/<uuid:campaign_id>/compose/fields/", message_step.fields, name="text-fields"),
    path(
        "campaigns/<uuid:campaign_id>/compose/templates/",
        message_step.template_picker,
        name="template-picker",
    ),
    path("campaigns/<uuid:campaign_id>/compose/figures/", message_step.figures, name="figures"),
    path("campaigns/<uuid:campaign_id>/compose/audience/", audience_step.audience, name="audience"),
    path(
        "campaigns/<uuid:campaign_id>/compose/audience/people/",
        audience_step.audience_people_page,
        name="audience-people",
    ),
    path("campaigns/<uuid:campaign_id>/compose/moment/", compose.send_moment, name="moment"),
    path("campaigns/<uuid:campaign_id>/compose/autosave/", drafting.autosave, name="autosave"),
    path("campaigns/<uuid:campaign_id>/compose/here/", drafting.here, name="draft-open"),
    path("campaigns/<uuid:campaign_id>/keep/", templates.template_keep, name="template-keep"),
    path("templates/", include("composer.template_urls")),
    path(
        "campaigns/<uuid:campaign_id>/duplicate/",
        drafting.campaign_duplicate,
        name="campaign-duplicate",
    ),
    path("campaigns/<uuid:campaign_id>/delete/", compose.campaign_delete, name="campaign-delete"),
    path("campaigns/<uuid:campaign_id>/review/", review.review, name="review"),
    path("campaigns/<uuid:campaign_id>/review/planning/", review.planning, name="planning"),
    path("campaigns/<uuid:campaign_id>/launch/", review.campaign_launch, name="launch"),
    path(
        "campaigns/<uuid:campaign_id>/approvals/<uuid:approval_id>/",
        review.answer_approval,
        name="approve",
    ),
    path("campaigns/<uuid:campaign_id>/compose/test/", sent_tests.test_send, name="test-send"),
    path("campaigns/<uuid:campaign_id>/compose/media/", media.media_url_check, name="media-check"),
    path("media/", media.media, name="media"),
    path("media/upload/", media.media_upload, name="media-upload"),
    path("media/<uuid:media_id>/delete/", media.media_delete, name="media-delete"),
]
