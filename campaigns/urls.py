"""Addresses below `/<team>/`: the overview, the history, and each campaign."""

from __future__ import annotations

from django.urls import include, path

from campaigns.views import (
    blocks,
    campaign,
    channels,
    compose,
    decisions,
    drafting,
    history,
    list_use,
    media,
    message_step,
    person,
    review,
    sent_tests,
)

urlpatterns = [
    path("", history.overview, name="overview"),
    path("campaigns/", history.campaigns, name="campaigns"),
    path("campaigns/new/", compose.new, name="campaign-new"),
    path("campaigns/<uuid:campaign_id>/", campaign.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/live/", campaign.live, name="campaign-live"),
    path("campaigns/<uuid:campaign_id>/compose/", compose.compose, name="compose"),
    path("campaigns/<uuid:campaign_id>/compose/preview/", message_step.preview, name="preview"),
    path("campaigns/<uuid:campaign_id>/compose/fields/", message_step.fields, name="text-fields"),
    path("campaigns/<uuid:campaign_id>/compose/figures/", message_step.figures, name="figures"),
    path("campaigns/<uuid:campaign_id>/compose/audience/", compose.audience, name="audience"),
    path("campaigns/<uuid:campaign_id>/compose/moment/", compose.moment, name="moment"),
    path("campaigns/<uuid:campaign_id>/compose/autosave/", drafting.autosave, name="autosave"),
    path("campaigns/<uuid:campaign_id>/compose/here/", drafting.here, name="draft-open"),
    path("campaigns/<uuid:campaign_id>/duplicate/", drafting.duplicate, name="campaign-duplicate"),
    path("campaigns/<uuid:campaign_id>/delete/", compose.delete, name="campaign-delete"),
    path("campaigns/<uuid:campaign_id>/review/", review.review, name="review"),
    path("campaigns/<uuid:campaign_id>/launch/", review.launch, name="launch"),
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
    path("", include("campaigns.history_urls")),
    path("lists/<uuid:list_id>/use/", list_use.list_use, name="list-use"),
    path("lists/<uuid:list_id>/put-away/", list_use.put_away, name="list-put-away"),
    path("people/", person.find_person, name="find-person"),
    path("people/<str:person_id>/", person.person, name="person"),
    path("opt-outs/at-sociocs/", blocks.blocks, name="blocks"),
    path("opt-outs/at-sociocs/<uuid:account_id>/block/", blocks.block, name="block"),
    path("opt-outs/at-sociocs/<uuid:account_id>/unblock/", blocks.unblock, name="unblock"),
    path("channels/", channels.channels, name="channels"),
    path("channels/new/", channels.new_channel, name="channel-new"),
    path("channels/<uuid:channel_id>/", channels.channel, name="channel"),
    path("channels/accounts/new/", channels.new_account, name="account-new"),
    path("channels/accounts/<uuid:account_id>/", channels.account, name="vendor-account"),
    path("channels/accounts/<uuid:account_id>/read/", channels.sync, name="channels-sync"),
    path("campaigns/<uuid:campaign_id>/compose/test/", sent_tests.test_send, name="test-send"),
    path("channels/test-numbers/", sent_tests.add_number, name="test-number-add"),
    path(
        "channels/test-numbers/<uuid:number_id>/remove/",
        sent_tests.remove_number,
        name="test-number-remove",
    ),
    path("campaigns/<uuid:campaign_id>/compose/media/", media.check, name="media-check"),
    path("media/", media.media, name="media"),
    path("media/upload/", media.upload, name="media-upload"),
    path("media/<uuid:media_id>/delete/", media.delete, name="media-delete"),
]
