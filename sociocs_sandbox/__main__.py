"""``python -m sociocs_sandbox``: run the vendor's stand-in on this machine."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from sociocs_sandbox.sandbox import MAX_BODY_BYTES, MAX_RECIPIENTS, Options, Sandbox
from sociocs_sandbox.server import SandboxServer
from sociocs_sandbox.webhook_call import is_this_machine

STOP = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Serve until SIGTERM or Ctrl+C; gives the exit code."""
    options, is_verbose = _options()
    logging.basicConfig(
        level=logging.INFO if is_verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    sandbox = Sandbox(options)
    try:
        server = SandboxServer(sandbox)
    except OSError as error:
        sys.stderr.write(f"Cannot listen on {options.host}:{options.port}: {error.strerror}.\n")
        sandbox.database.close()
        return 1
    # Waited for and not handled: a handler may come while the very lock is held that it needs.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    sandbox.start()
    serving = threading.Thread(
        target=server.serve_forever, args=(0.1,), name="serving", daemon=True
    )
    serving.start()
    sys.stdout.write(f"Sandbox ready at {server.url}\n")
    sys.stdout.flush()
    signal.sigwait(STOP)
    server.shutdown()
    server.server_close()
    sandbox.stop()
    return 0


def _options() -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(
        prog="python -m sociocs_sandbox",
        description="A stand-in for the Sociocs API on this machine. Nothing leaves it.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8790, help="0 lets the system choose one")
    parser.add_argument("--storage", type=Path, required=True, help="the SQLite file to keep")
    parser.add_argument("--api-key", default=os.environ.get("SANDBOX_API_KEY", ""))
    parser.add_argument("--max-recipients", type=int, default=MAX_RECIPIENTS)
    parser.add_argument("--max-body-bytes", type=int, default=MAX_BODY_BYTES)
    parser.add_argument(
        "--allow-remote", action="store_true", help="listen and call beyond this machine"
    )
    parser.add_argument("--verbose", action="store_true", help="log one line per request")
    given = vars(parser.parse_args())
    is_verbose = given.pop("verbose")
    options = Options(**given)
    if not options.api_key:
        parser.error("an API key is needed: give --api-key or set SANDBOX_API_KEY")
    if not options.allow_remote and not _is_loopback(options.host):
        parser.error("the sandbox listens on this machine only; --allow-remote changes that")
    return options, is_verbose


def _is_loopback(host: str) -> bool:
    try:
        infos = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(is_this_machine(str(info[4][0])) for info in infos)


if __name__ == "__main__":
    sys.exit(main())
