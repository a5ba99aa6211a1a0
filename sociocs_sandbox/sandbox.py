"""The sandbox as a whole: its options, its parts, and how they start and stop together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from sociocs_sandbox.address_book import AddressBook
from sociocs_sandbox.authentication import Accounts
from sociocs_sandbox.execution import Execution
from sociocs_sandbox.faults import FaultRules
from sociocs_sandbox.jobs import Jobs
from sociocs_sandbox.storage import Database
from sociocs_sandbox.subscriptions import Subscriptions
from sociocs_sandbox.webhooks import WebhookSender

# The vendor documents no limits; these are wide enough for any sensible caller and keep a mistake
# from filling the memory.
MAX_RECIPIENTS = 10_000
MAX_BODY_BYTES = 25_000_000


class BlockedContacts:
    """Phone numbers, per account, that get nothing from bulk jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def block(self, account_id: int, phone: int, since_ms: int = 0) -> None:
        """Block a number, for jobs made at or after a moment; the first block of it counts."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO contact_blocks VALUES (?, ?, ?)",
                (account_id, phone, since_ms),
            )

    def unblock(self, account_id: int, phone: int) -> None:
        """Lift a block, if there is one."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM contact_blocks WHERE account_id = ? AND phone = ?",
                (account_id, phone),
            )

    def is_blocked(self, account_id: int, phone: int) -> bool:
        """Whether bulk jobs leave this number out."""
        row = self._database.row(
            "SELECT 1 FROM contact_blocks WHERE account_id = ? AND phone = ?", (account_id, phone)
        )
        return row is not None


@dataclass(frozen=True)
class Options:
    """How a sandbox is run. ``allow_remote`` lets it listen and call beyond this machine."""

    api_key: str = field(repr=False)
    storage: Path
    host: str = "127.0.0.1"
    port: int = 8790
    allow_remote: bool = False
    max_recipients: int = MAX_RECIPIENTS
    max_body_bytes: int = MAX_BODY_BYTES


class RequestCounts:
    """How many requests of each kind came in since the start, whatever became of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def count(self, what: str) -> None:
        """Count one request, e.g. ``POST /messages/bulk``."""
        with self._lock:
            self._counts[what] += 1

    def all(self) -> dict[str, int]:
        """The counts by kind."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Begin again at zero."""
        with self._lock:
            self._counts.clear()


class Sandbox:
    """Everything behind the HTTP server."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.database = Database(options.storage)
        self.accounts = Accounts(self.database, options.api_key)
        self.contacts = BlockedContacts(self.database)
        self.address_book = AddressBook(self.database)
        self.subscriptions = Subscriptions(self.database)
        self.faults = FaultRules()
        self.requests = RequestCounts()
        self.jobs = Jobs(self.database)
        self.webhooks = WebhookSender(
            self.database,
            self.subscriptions,
            self.address_book,
            allow_remote=options.allow_remote,
        )
        self.execution = Execution(self.database, self.jobs, self.webhooks.job_landed)

    def start(self) -> None:
        """Begin to execute jobs and to call webhooks."""
        self.webhooks.start()
        self.execution.start()

    def stop(self) -> None:
        """End cleanly; everything that was accepted is stored and goes on at the next start."""
        self.execution.stop()
        self.webhooks.stop()
        self.database.close()

    def reset(self) -> None:
        """Forget all jobs, messages, blocks, subscriptions, faults and counts. Accounts stay."""
        with self.database.transaction() as connection:
            for table in RESET_TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from below
        self.faults.clear()
        self.requests.clear()
        self.webhooks.clear_counts()


RESET_TABLES = (
    "jobs",
    "messages",
    "contact_blocks",
    "contacts",
    "subscriptions",
    "webhook_batches",
    "webhook_calls",
)
