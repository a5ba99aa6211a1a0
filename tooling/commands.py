"""The commands of dev.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from tooling import checking, locks, running, setting_up, supply_chain
from tooling.environment import SetUpFailed

HELP = """\
python3 dev.py COMMAND

  run     start the dashboard, its workers, a broker and the Sociocs sandbox; Ctrl+C stops them
  test    run every check and every test, on SQLite and on PostgreSQL (some minutes)
          with arguments: only pytest with them, as in `test tests/sociocs_gateway -k refused`
  test-long  the same, and all that takes longer: every test on both databases, ten times as many
          examples of each property, every page's colours by day and by night (an hour or more)
  check   run the checks and the quick tests (about a minute)
  setup   fetch what `run` needs (with --tests: what `test` needs) and stop there
  sbom    write var/sbom.cdx.json (CycloneDX): what the product is made of; print the licences
  audit   ask the package registries for known holes in what is locked
  lock    write requirements/*.txt and package-lock.json anew, with the newest allowed versions

Environment: PORT and SANDBOX_PORT for `run`; DATABASE_URL and REDIS_URL to use servers of your
own; CHROMIUM_PATH for the browser tests.
"""


def main(arguments: list[str]) -> int:
    """Do what the command line asks for and return the exit code."""
    command, *rest = arguments or ["--help"]
    # Some machines are set not to keep compiled files, which makes every process start seconds
    # later; here they lie in folders that git ignores.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    takes_no_arguments: dict[str, Callable[[], int]] = {
        "run": running.run,
        "check": checking.check,
        "lock": locks.renew_locks,
        "sbom": supply_chain.write_sbom,
        "audit": supply_chain.audit,
    }
    takes_arguments = {"test": checking.test, "test-long": checking.test_long}
    try:
        if command in takes_arguments:
            return takes_arguments[command](rest)
        if command == "setup" and rest in ([], ["--tests"]):
            return setting_up.only(with_tests=bool(rest))
        if command in takes_no_arguments and not rest:
            return takes_no_arguments[command]()
    except SetUpFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    asked_for_help = command in ("-h", "--help", "help")
    print(HELP, end="", file=sys.stdout if asked_for_help else sys.stderr)
    return 0 if asked_for_help else 2
