"""Calls to webhooks that were refused: how many from where, and one line a minute for all of them.

Whoever knows nothing can call as often as they like: it must cost neither the log nor the database.
Each process counts for itself.
"""

from __future__ import annotations

import logging
import threading
import time

# From one address in a minute. A call that is rightly signed is never refused, however many came.
MOST = 60
_SECONDS = 60
# More addresses than are ever counted apart; beyond, they are one.
_MOST_ADDRESSES = 10_000

logger = logging.getLogger(__name__)


class RefusedCalls:
    """Counts by the minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = float("-inf")
        self._by_address: dict[str, int] = {}
        self._unsaid = 0

    def note(self, address: str, status: int) -> bool:
        """Count a refused call; return whether there are too many from this address."""
        with self._lock:
            now = time.monotonic()
            is_first = now - self._since >= _SECONDS
            unsaid, self._unsaid = (self._unsaid, 0) if is_first else (0, self._unsaid + 1)
            if is_first:
                self._since = now
                self._by_address.clear()
            if len(self._by_address) >= _MOST_ADDRESSES and address not in self._by_address:
                address = ""
            count = self._by_address[address] = self._by_address.get(address, 0) + 1
        if is_first:
            logger.warning(
                "A call to a webhook was refused (%d). Since the last such line: %d more.",
                status,
                unsaid,
            )
        return count > MOST


refused_calls = RefusedCalls()
