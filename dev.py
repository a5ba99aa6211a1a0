#!/usr/bin/env python3
"""The project's one entry point: `python3 dev.py run`, and `python3 dev.py --help` for the rest.

It needs Python 3.11 or newer and nothing else: everything that is missing is put into .venv/,
node_modules/, static/vendor/ and var/ of this folder.
"""

import os
import shutil
import sys

OLDEST = (3, 11)
# Newest last: the ones most packages have been tried with come first.
OTHER_PYTHONS = ["python3.11", "python3.12", "python3.13", "python3.14"]


def start() -> int:
    """Run the command asked for with a Python that is new enough; return the exit code."""
    if sys.version_info >= OLDEST:
        from tooling import commands  # noqa: PLC0415 - older Pythons cannot read it

        return commands.main(sys.argv[1:])
    for name in OTHER_PYTHONS:
        program = shutil.which(name)
        if program:
            os.execv(program, [program] + sys.argv)  # noqa: RUF005, S606
    sys.stderr.write(
        "Python %d.%d or newer is needed; this is %s.\n" % (OLDEST + (sys.version.split()[0],))  # noqa: RUF005
        + "On Debian and Ubuntu: apt-get install python3 python3-venv, "
        + "then start again with that python3.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(start())
