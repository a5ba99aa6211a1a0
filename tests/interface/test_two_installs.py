"""Two installs at two ports of one host: a browser sends the cookies of each to both."""

from __future__ import annotations

import re

import pytest
import requests
from django.contrib.auth.hashers import make_password

from tests.processes import Processes
from tests.world import PASSWORD, create_person

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def sign_in(browser: requests.Session, url: str) -> None:
    page = browser.get(f"{url}/sign-in/", timeout=60).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    said = {"email": "emil@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    browser.post(f"{url}/sign-in/", data=said, timeout=60)


def is_in(browser: requests.Session, url: str) -> bool:
    answer = browser.get(f"{url}/account/", timeout=60, allow_redirects=False)
    return answer.status_code == 200


def test_signing_in_and_out_at_one_changes_nothing_at_the_other(processes: Processes) -> None:
    emil = create_person("Emil Brandt", email="emil@example.org")
    emil.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    emil.save()
    first, second = (
        processes.web({"SECRET_KEY": letter * 50, "INSECURE_COOKIES": "1"}).url for letter in "ab"
    )
    with requests.Session() as browser:
        browser.trust_env = False
        sign_in(browser, first)
        sign_in(browser, second)
        names = {cookie.name.rpartition("-")[2] for cookie in browser.cookies}
        assert names == {url.rpartition(":")[2] for url in (first, second)}
        assert is_in(browser, first)
        assert is_in(browser, second)
        browser.cookies.clear("127.0.0.1", "/", f"sessionid-{second.rpartition(':')[2]}")
        assert is_in(browser, first)
        assert not is_in(browser, second)
