"""Buckets for tests: a server that speaks S3, in a process of its own (moto's)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
import requests
from pytest_django.fixtures import Settings

from config import stores
from tests.processes import Child, wait_until_answered
from tooling import children

REGION = "eu-central-1"


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the key with which the dashboard comes."""

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

    def names(self) -> list[str]:
        """What lies in it."""
        look_at_keys(self.server, False)
        try:
            found = _client("s3", self.server).list_objects_v2(Bucket=self.name)
            return [one["Key"] for one in found.get("Contents", [])]
        finally:
            look_at_keys(self.server, True)


def look_at_keys(server: str, yes: bool) -> None:
    url = f"{server}/moto-api/reset-auth"
    requests.post(url, data="0" if yes else "inf", timeout=10).raise_for_status()


def _client(service: str, server: str) -> Any:
    key = {"aws_access_key_id": "anybody", "aws_secret_access_key": "anybody"}
    return boto3.client(service, endpoint_url=server, region_name=REGION, **key)


def make_bucket(server: str, of_key: Sequence[str], of_everybody: Sequence[str] = ()) -> Bucket:
    """Make a bucket, which everybody has some rights to, and a key with rights to all buckets."""
    look_at_keys(server, False)
    name = f"bucket-{uuid4().hex[:8]}"
    s3, iam = _client("s3", server), _client("iam", server)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if of_everybody:
        reading = {"Principal": "*", "Action": of_everybody, "Resource": f"arn:aws:s3:::{name}/*"}
        s3.put_bucket_policy(Bucket=name, Policy=_policy(reading))
    iam.create_user(UserName=name)
    rights = {"Action": of_key, "Resource": "arn:aws:s3:::*"}
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=_policy(rights))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    look_at_keys(server, True)
    return Bucket(server, name, key["AccessKeyId"], key["SecretAccessKey"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def store_of(settings: Settings) -> stores.BucketStore:
    """The store that these settings tell of."""
    parts = ("ENDPOINT", "REGION", "KEY_ID", "SECRET")
    return stores.BucketStore(*(getattr(settings, f"MEDIA_BUCKET_{part}") for part in parts))


@contextmanager
def running_store(folder: Path) -> Iterator[str]:
    """Start a server with no buckets yet, and give its address."""
    port = children.free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = Child("s3", command, os.environ, folder / "s3.log")
    try:
        wait_until_answered(f"http://127.0.0.1:{port}/moto-api/", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that speaks S3."""
    with running_store(tmp_path_factory.mktemp("s3")) as server:
        yield server
