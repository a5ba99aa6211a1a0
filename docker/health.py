"""The containers' health check: `health.py URL` ends well if that address answers 200.

The request carries the dashboard's own host name, because it answers to no other.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def is_healthy(url: str, host: str) -> bool:
    """Return whether `url` answers 200 to a request for `host` within five seconds."""
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310 - from the compose file
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    dashboard = urlsplit(os.environ.get("BASE_URL", "http://127.0.0.1:8000")).netloc
    sys.exit(0 if is_healthy(sys.argv[1], dashboard) else 1)
