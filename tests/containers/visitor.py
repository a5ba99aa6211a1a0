"""Somebody who comes through the web server in front: `python -m tests.containers.visitor FILE`.

Signs in as `root@example.org` and prints, as JSON, the statuses and the places it was led to. FILE
is the certificate of whoever signed the web server's.
"""

from __future__ import annotations

import json
import os
import re
import sys

import requests

_HOME = "https://localhost"


def visit(authority: str, password: str) -> dict[str, object]:
    """Come by http, sign in, and ask for a file that the page names, compressed."""
    with requests.Session() as browser:
        browser.trust_env, browser.verify = False, authority
        by_http = browser.get("http://localhost/", allow_redirects=False, timeout=60)
        page = browser.get(f"{_HOME}/sign-in/", timeout=60)
        (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text))
        (style,) = re.findall(r'href="(/static/vendor/tabler[^"]+\.css)"', page.text)
        form = {"email": "root@example.org", "password": password, "csrfmiddlewaretoken": token}
        headers = {"Referer": f"{_HOME}/sign-in/"}
        done = browser.post(f"{_HOME}/sign-in/", data=form, headers=headers, timeout=60)
        packed = browser.get(_HOME + style, headers={"Accept-Encoding": "br"}, timeout=60)
        return {
            "by_http": by_http.headers["Location"],
            "led_to": [one.status_code for one in (*done.history, done)],
            "greeted": "Sign out" in done.text,
            "packed": packed.headers.get("Content-Encoding"),
            "kept": packed.headers["Cache-Control"],
            "admin": browser.get(f"{_HOME}/admin/", timeout=60).url,
        }


if __name__ == "__main__":
    json.dump(visit(sys.argv[1], os.environ["PASSWORD"]), sys.stdout)
