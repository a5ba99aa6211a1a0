"""Media in a bucket: the product's pages, a server that speaks S3, and a socket between them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django.fixtures import Settings

from campaigns import checks
from campaigns.models import Campaign
from composer.models import MediaFile
from config import stores
from sending import submit
from tests import world
from tests.browsing import Desk, Page, text_of
from tests.buckets import REGION, Bucket, make_bucket, store_of
from tests.processes import Sandbox

pytestmark = pytest.mark.thorough

# What docs/production.md says the dashboard's key needs, and what everybody needs.
OF_THE_KEY = ["s3:PutObject", "s3:DeleteObject"]
OF_EVERYBODY = ["s3:GetObject"]
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(9 * 1024 * 1024)


@pytest.fixture
def bucket(s3_server: str, settings: Settings) -> Bucket:
    found = make_bucket(s3_server, OF_THE_KEY, OF_EVERYBODY)
    use(settings, found)
    return found


def use(settings: Settings, bucket: Bucket, **changes: str) -> None:
    """Set the dashboard up for this bucket, as its operator does."""
    told = {
        "MEDIA_BUCKET": bucket.name,
        "MEDIA_BUCKET_ENDPOINT": bucket.server,
        "MEDIA_BUCKET_REGION": REGION,
        "MEDIA_BUCKET_KEY_ID": bucket.key_id,
        "MEDIA_BUCKET_SECRET": bucket.secret,
        "MEDIA_IS_SERVED_HERE": False,
        "MEDIA_BASE_URL": f"{bucket.server}/{bucket.name}",
    }
    for name, value in {**told, **changes}.items():
        setattr(settings, name, value)
    media = stores.for_media(settings.MEDIA_BUCKET, store_of(settings), settings.DATA_DIR)
    settings.STORAGES = settings.STORAGES | {"media": media}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return out.getvalue()


def upload(desk: Desk, content: bytes, name: str = "spring.jpg", **more: Any) -> Page:
    file = SimpleUploadedFile(name, content, "text/html")
    return desk.client.post(desk.url("media-upload"), {"file": file}, follow=True, **more)


def delete(desk: Desk, kept: MediaFile) -> Page:
    return desk.client.post(f"{desk.url('media')}{kept.public_id}/delete/", follow=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("spring.jpg", picture(), "image/jpeg"),
        # Large enough to go in several parts.
        ("film.mp4", FILM, "video/mp4"),
        ("film.3gp", FILM[:8] + b"3gp5" + FILM[12:99], "video/3gpp"),
    ],
    ids=["image", "large", "video"],
)
def test_a_file_goes_into_the_bucket_is_read_by_everybody_and_is_deleted(
    desk: Desk, bucket: Bucket, name: str, content: bytes, content_type: str
) -> None:
    assert f"“{name}” is uploaded." in text_of(upload(desk, content, name))
    kept = MediaFile.objects.get()
    assert kept.url == f"{bucket.server}/{bucket.name}/{kept.name}"
    assert kept.url in text_of(desk.get("media"))

    read = bucket.read(kept.name)
    assert (read.status_code, len(read.content)) == (200, kept.size)
    assert read.headers["Content-Type"] == content_type
    assert read.headers["Content-Disposition"] == "attachment"
    assert "immutable" in read.headers["Cache-Control"]

    assert f"“{name}” is deleted." in text_of(delete(desk, kept))
    assert bucket.read(kept.name).status_code == 404
    assert not MediaFile.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("MEDIA_BUCKET", "nobodys-bucket", "NoSuchBucket"),
        ("MEDIA_BUCKET_KEY_ID", "AKIANOBODYHASTHISONE", "InvalidAccessKeyId"),
        ("MEDIA_BUCKET_SECRET", "another-secret-another-secret", "SignatureDoesNotMatch"),
        ("MEDIA_BUCKET_ENDPOINT", "http://127.0.0.1:9", "EndpointConnectionError"),
    ],
)
def test_a_bucket_that_does_not_take_it_is_told_and_nothing_is_lost(
    desk: Desk,
    bucket: Bucket,
    draft: Campaign,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    setting: str,
    value: str,
    reason: str,
) -> None:
    upload(desk, picture())
    kept = MediaFile.objects.get()
    use(settings, bucket, **{setting: value})

    in_composer = upload(desk, picture(), headers={"HX-Request": "true"})
    pages = [upload(desk, picture()), in_composer, delete(desk, kept)]

    told = [text_of(page) for page in pages]
    assert all("The file was not uploaded: the file storage" in one for one in told[:2])
    assert "“spring.jpg” is still there" in told[2]
    assert all("tell the person who manages this server" in one for one in told)
    assert list(MediaFile.objects.all()) == [kept]
    assert bucket.read(kept.name).status_code == 200
    assert caplog.text.count(reason) == 3
    for secret in (bucket.key_id, bucket.secret, value, kept.name):
        assert secret not in caplog.text
        assert secret not in "".join(told).replace(kept.url, "")
    draft.refresh_from_db()
    assert draft.text


@pytest.mark.django_db(transaction=True)
def test_sociocs_is_given_the_address_in_the_bucket(
    desk: Desk, bucket: Bucket, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIOCS_BASE_URL = sandbox.url
    channel = world.a_channel(desk.team, sandbox)
    people = world.a_list(desk.team, world.phones(1))
    campaign = world.a_campaign(channel, people)
    upload(desk, picture())
    kept = MediaFile.objects.get()
    desk.store(campaign, media_kind="image", media_url=kept.url)
    campaign.refresh_from_db()

    world.launched(campaign)
    submit.hand_over(channel.account_id)

    [job] = world.witness(sandbox, "/jobs")
    assert job["media"] == {"image_url": f"{settings.MEDIA_BASE_URL}/{kept.name}"}
    assert bucket.read(kept.name).ok


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("MEDIA_BASE_URL", "http://127.0.0.1:8000/media", "campaigns.E010"),
        ("MEDIA_BUCKET_ENDPOINT", "s3.example.org", "campaigns.E011"),
    ],
)
def test_a_bucket_that_is_set_up_by_half_is_told_at_start(
    settings: Settings, setting: str, value: str, found: str
) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    use(settings, Bucket("https://s3.example.org", "media", "", ""))
    before = {one.id for one in checks.sending_settings()}
    setattr(settings, setting, value)
    assert {one.id for one in checks.sending_settings()} - before == {found}
