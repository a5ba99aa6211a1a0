"""Addresses below `/<team>/channels/`: channels, accounts, numbers for tests."""

from __future__ import annotations

from django.urls import path

from sociocs_accounts.views import (
    channels,
    test_numbers,
)

urlpatterns = [
    path("channels/", channels.channels, name="channels"),
    path("channels/new/", channels.channel_new, name="channel-new"),
    path("channels/<uuid:channel_id>/", channels.channel, name="channel"),
    path("channels/accounts/new/", channels.account_new, name="account-new"),
    path("channels/accounts/<uuid:account_id>/", channels.vendor_account, name="vendor-account"),
    path("channels/accounts/<uuid:account_id>/read/", channels.channels_sync, name="channels-sync"),
    path("channels/test-numbers/", test_numbers.add_number, name="test-number-add"),
    path(
        "channels/test-numbers/<uuid:number_id>/remove/",
        test_numbers.remove_number,
        name="test-number-remove",
    ),
]
