"""Addresses below `/<team>/` of what comes back: reports, replies, blocks."""

from __future__ import annotations

from django.urls import path

from delivery.views import (
    blocks,
    delivery,
    failing_numbers,
    replies,
)

urlpatterns = [
    path("opt-outs/at-sociocs/", blocks.blocks, name="blocks"),
    path("opt-outs/at-sociocs/<uuid:account_id>/block/", blocks.account_block, name="block"),
    path("opt-outs/at-sociocs/<uuid:account_id>/unblock/", blocks.account_unblock, name="unblock"),
    path(
        "opt-outs/at-sociocs/<uuid:account_id>/find/",
        blocks.account_find_blocked,
        name="find-blocked",
    ),
    path(
        "opt-outs/at-sociocs/<uuid:check_id>/stop/",
        blocks.account_stop_finding,
        name="stop-finding",
    ),
    path(
        "opt-outs/numbers-that-do-not-work/",
        failing_numbers.numbers_that_fail,
        name="failing-numbers",
    ),
    path(
        "opt-outs/numbers-that-do-not-work/<uuid:failing_id>/let-back/",
        failing_numbers.number_let_back,
        name="failing-number-let-back",
    ),
    path("replies/search/", replies.replies_search, name="replies-search"),
    path(
        "campaigns/<uuid:campaign_id>/replies/", replies.campaign_replies, name="campaign-replies"
    ),
    path("replies/", replies.replies, name="replies"),
    path("replies/read/", replies.replies_read, name="replies-read"),
    path("replies/<uuid:reply_id>/", replies.reply, name="reply"),
    path("replies/<uuid:reply_id>/opt-out/", replies.reply_opt_out, name="reply-opt-out"),
    path("replies/<uuid:reply_id>/let-be/", replies.reply_let_be, name="reply-let-be"),
    path("delivery/", delivery.delivery, name="delivery"),
    path("delivery/<uuid:channel_id>/on/", delivery.delivery_on, name="delivery-on"),
    path("delivery/<uuid:channel_id>/check/", delivery.delivery_check, name="delivery-check"),
    path("delivery/<uuid:channel_id>/off/", delivery.delivery_off, name="delivery-off"),
]
