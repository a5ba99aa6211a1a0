"""What the image weighs and how soon the compose file's services are well:
`python -m benchmarks.containers`.

The Dockerfile's steps are done in a bare folder and docker-compose.yml is begun on what they make,
as tests/containers/ does it: on Linux, by whoever may make namespaces. Prints the megabytes that
the image adds to its base, without the packages of its `apt-get`, and what each service took from
its beginning until its own check said that it is well: seconds of processor work, then seconds.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from tests.containers import compose_folder, rooms
from tests.containers.building import QUICK, WHOLE, Builder, StandIn
from tests.containers.composing import Compose


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--fetched", action="store_true", help="take packages of `make setup`")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="campaigns-benchmark-"))
    try:
        measure(folder, QUICK if chosen.fetched else WHOLE)
    finally:
        rooms.as_root("rm", "-rf", str(folder))


def measure(folder: Path, stand_ins: dict[str, StandIn]) -> None:
    """Build, begin all services, and print the figures of both."""
    compose_folder.make(folder)
    image = Builder(folder / "built", stand_ins).build()
    sizes = {"packages": "opt/venv", "app": "app", "served": "app/staticfiles"}
    figures = [f"{name}_mb {image.megabytes(path):.0f}" for name, path in sizes.items()]
    shutil.rmtree(folder / "built" / "build")
    with rooms.private_network() as network:
        compose = Compose(folder, image, network)
        try:
            compose.up()
            for name, service in compose.services.items():
                figures.append(f"{name}_s {service.work:.1f} {service.seconds:.1f}")
        finally:
            compose.stop()
    print(" ".join(figures))


if __name__ == "__main__":
    main()
