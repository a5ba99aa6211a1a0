"""Media in a bucket: the product's pages, a server that speaks S3, and a socket between them."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django.fixtures import Settings

import config.settings
from campaigns import checks
from campaigns.models import Campaign
from composer.models import MediaFile
from sending import submit
from tests import world
from tests.browsing import Desk, Page, text_of
from tests.processes import Child, Sandbox, wait_until_answered
from tooling import children

pytestmark = pytest.mark.thorough

REGION = "eu-central-1"
# What docs/production.md says the dashboard's key needs, and what everybody needs.
OF_THE_KEY = ["s3:PutObject", "s3:DeleteObject"]
OF_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(9 * 1024 * 1024)


@dataclass(frozen=True)
class Bucket:
    """A bucket of its own for each test, and the key with which the dashboard comes."""

    server: str
    name: str
    key_id: str
    secret: str

    def read(self, name: str) -> requests.Response:
        """Fetch an object as a phone network does: without a key."""
        # The server cannot let in anybody nameless while it looks at keys.
        look_at_keys(self.server, False)
        try:
            return requests.get(f"{self.server}/{self.name}/{name}", timeout=10)
        finally:
            look_at_keys(self.server, True)


def look_at_keys(server: str, yes: bool) -> None:
    url = f"{server}/moto-api/reset-auth"
    requests.post(url, data="0" if yes else "inf", timeout=10).raise_for_status()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = children.free_port(), tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = Child("s3", command, os.environ, log)
    wait_until_answered(f"http://127.0.0.1:{port}/moto-api/", server)
    yield f"http://127.0.0.1:{port}"
    server.kill()


@pytest.fixture
def bucket(s3_server: str, settings: Settings) -> Bucket:
    look_at_keys(s3_server, False)
    made_by = {"aws_access_key_id": "anybody", "aws_secret_access_key": "anybody"}
    at = {"endpoint_url": s3_server, "region_name": REGION} | made_by
    name = f"media-{uuid4().hex[:8]}"
    s3, iam = boto3.client("s3", **at), boto3.client("iam", **at)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    reading = OF_EVERYBODY | {"Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=policy(reading))
    iam.create_user(UserName=name)
    writing = {"Effect": "Allow", "Action": OF_THE_KEY, "Resource": "arn:aws:s3:::*"}
    iam.put_user_policy(UserName=name, PolicyName="write", PolicyDocument=policy(writing))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    look_at_keys(s3_server, True)
    found = Bucket(s3_server, name, key["AccessKeyId"], key["SecretAccessKey"])
    use(settings, found)
    return found


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


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
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (told | changes).items():
            setattr(settings, name, value)
            patch.setattr(config.settings, name, value)
        settings.STORAGES = settings.STORAGES | {"media": config.settings.media_store()}


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
