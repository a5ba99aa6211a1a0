"""How pages answer while everything happens at once: `python -m benchmarks.load`.

The product is started as it is shipped: the web server by the Dockerfile's command, the workers by
those of docker-compose.yml, on PostgreSQL that waits for the disk, with a broker, and the sandbox
as the vendor. `--people` people are signed in, walk through the pages and think for three seconds
(`load_people`). `--reports` signed delivery reports come in a second, to the clock. Meanwhile
somebody uploads a file of `--rows` rows, waits until it is checked and imports it, and a campaign
to `--recipients` people is launched.

Prints a line for each page and each kind of process, and last `p95_ms X errors E rss_growth_pct G`:

* X: within what 95 in 100 pages and acts were answered that somebody asked for while the import or
  the hand-over ran; what pages ask for by themselves has lines of its own (`live ...`);
* E: answers other than the right one; reports that were refused, not stored or not credited; and
  rows and people of which import and campaign do not tell in the end;
* G: how much more memory web and workers take in the last tenth of the time than in the tenth after
  the first fifth, each shared page of it counted once (PSS).
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import re
import shlex
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
from ruamel.yaml import YAML

from benchmarks.import_list import make_file
from benchmarks.surroundings import durable_database, figures_of, set_up_django
from benchmarks.webhooks import broker, percentile
from tests.processes import Child, Sandbox, start_sandbox, wait_until_answered
from tooling import children, environment, running
from tooling.places import ROOT, VENV

if TYPE_CHECKING:
    from benchmarks.load_steps import Data

WORKERS = ["worker-sending", "worker-background", "worker-ticking"]
# Requests that pages make by themselves begin so: nobody waits for them.
LIVE = "live "
SAMPLE_SECONDS = 2.0
# Import and hand-over may take so much longer than people stay.
PATIENCE = 300
# Longer than the run: no job goes out meanwhile, and the vendor's phones cost nothing.
LEAD_SECONDS = "7200"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=600)
    options.add_argument("--people", type=int, default=50)
    options.add_argument("--rows", type=int, default=1_000_000, help="of the file")
    options.add_argument("--recipients", type=int, default=300_000, help="of the campaign")
    options.add_argument("--reports", type=int, default=300, help="a second")
    chosen = options.parse_args()
    locust = environment.ensure_apart("load")
    with tempfile.TemporaryDirectory(prefix="campaigns-benchmark-") as name:
        folder = Path(name)
        make_file(folder / "people.csv", chosen.rows)
        with at_work(folder) as product:
            measure(folder, product, chosen, locust)


@dataclass
class Product:
    """What runs: web and workers, and the vendor beside them."""

    url: str
    sandbox: Sandbox
    processes: dict[str, Child] = field(default_factory=dict)

    def cpu_seconds(self) -> dict[str, float]:
        """What each kind of process has used until now, the database too."""
        ours = {name: family(child.pid) for name, child in self.processes.items()}
        everything = psutil.Process().children(recursive=True)
        servers = [one for one in everything if one.name() == "postgres"]
        kinds = ours | {"sandbox": family(self.sandbox.child.pid), "postgres": servers}
        # With what those have used that have ended.
        return {
            name: sum(of_each(lambda one: sum(one.cpu_times()[:4]), processes))
            for name, processes in kinds.items()
        }

    def megabytes(self) -> dict[str, float]:
        """What each kind of process takes of memory, shared pages divided by who shares them."""
        return {
            name: sum(of_each(lambda one: one.memory_full_info().pss / 1e6, family(child.pid)))
            for name, child in self.processes.items()
        }


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def of_each(
    figure: Callable[[psutil.Process], float], processes: list[psutil.Process]
) -> Iterator[float]:
    """A figure of each process that is still there."""
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            yield figure(one)


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[Product]:
    """The product on a new database, and Django set up here on the same."""
    with contextlib.ExitStack() as stack:
        redis = f"redis+socket://{stack.enter_context(broker(folder))}"
        sandbox = start_sandbox(folder)
        stack.callback(sandbox.child.terminate)
        database = stack.enter_context(durable_database("postgresql", folder))
        port = children.free_port()
        settings = {
            "SOCIOCS_BASE_URL": sandbox.url,
            "REDIS_URL": redis,
            "BASE_URL": f"http://localhost:{port}",
            "INSECURE_COOKIES": "1",
            "LEAD_SECONDS": LEAD_SECONDS,
        }
        set_up_django(database, folder, **settings)
        metrics = folder / "metrics"
        metrics.mkdir()
        env = os.environ | {
            "LOG_LEVEL": "INFO",
            "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        }
        running.gather_static_files(env)
        product = Product(settings["BASE_URL"], sandbox)
        for name, command in shipped_commands(port).items():
            product.processes[name] = Child(name, command, env, folder / f"{name}.log")
            stack.callback(product.processes[name].terminate)
        wait_until_answered(f"{product.url}/sign-in/", product.processes["web"])
        for name in WORKERS:
            product.processes[name].wait_for(r"@\S+ ready\.")
        yield product


def shipped_commands(port: int) -> dict[str, list[str]]:
    """What Dockerfile and docker-compose.yml start web and workers with; the web on this port."""
    services = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())["services"]
    found = re.search(r"^CMD (\[.*\])", (ROOT / "Dockerfile").read_text(), re.MULTILINE | re.DOTALL)
    assert found, "the Dockerfile says what the web server is started with"
    web = found[1].replace("\\\n", "").replace("0.0.0.0:8000", f"127.0.0.1:{port}")
    commands: dict[str, list[str]] = {"web": json.loads(web)}
    for name in WORKERS:
        line = services[name]["command"].replace("${LOG_LEVEL:-INFO}", "INFO")
        commands[name] = shlex.split(line)
    return commands


def measure(folder: Path, product: Product, chosen: argparse.Namespace, locust: Path) -> None:
    """Make the data, let everybody loose, wait, and print what came of it."""
    from benchmarks import load_steps  # noqa: PLC0415 - needs Django

    reports = chosen.reports * chosen.seconds
    data = load_steps.prepare(product.sandbox, chosen.people, chosen.recipients, reports)
    before = product.cpu_seconds()
    walk = people(folder, product.url, data, chosen, locust)
    beside = load_steps.Beside(data, folder / "people.csv", product.url)
    with ThreadPoolExecutor(2) as threads:
        calls = threads.submit(report_on, data, product.url, chosen)
        wait_while(walk, chosen.seconds / 10)
        busy_from = time.time()
        done = threads.submit(beside.run, until=busy_from + chosen.seconds + PATIENCE)
        sizes = sizes_while(walk, product)
        cpu = {name: used - before[name] for name, used in product.cpu_seconds().items()}
        done.result()
    asked = read_asked(folder / "asked.csv")
    busy_until = busy_from + max(beside.seconds.values(), default=chosen.seconds)
    print_pages(asked)
    print("cpu_s", *(f"{name} {used:.1f}" for name, used in cpu.items()))
    print("megabytes", *(f"{name} {size:.0f}" for name, size in sizes[-1].items()))
    print("beside", *(f"{name}_s {took:.1f}" for name, took in beside.seconds.items()))
    print("reports", *(f"{name} {figure:.1f}" for name, figure in calls.result().items()))
    missing = load_steps.missing(data, chosen.rows, reports)
    print("missing", *(f"{name} {count}" for name, count in missing.items()))
    busy = [one for one in asked if busy_from <= one.began <= busy_until and is_awaited(one)]
    errors = sum(bool(one.error) for one in asked) + sum(missing.values())
    print(
        f"p95_ms {percentile([one.seconds for one in busy], 95):.0f} errors {errors} "
        f"rss_growth_pct {growth(sizes):.1f}"
    )


def people(folder: Path, url: str, data: Data, chosen: argparse.Namespace, locust: Path) -> Child:
    """Start the people; they leave by themselves."""
    (folder / "people.json").write_text(json.dumps(data.for_people, default=str))
    command = [
        *(str(locust), "-m", "locust", "-f", "benchmarks/load_people.py", "--host", url),
        *("--headless", "--users", str(chosen.people), "--spawn-rate", str(chosen.people / 5)),
        *("--run-time", f"{chosen.seconds}s", "--only-summary", "--stop-timeout", "30"),
    ]
    return Child("people", command, os.environ | {"LOAD": str(folder)}, folder / "people.log")


def report_on(data: Data, url: str, chosen: argparse.Namespace) -> dict[str, float]:
    """Have the vendor's calls made, by a process of their own."""
    facts = (url.rpartition(":")[2], data.endpoint, str(chosen.reports), str(chosen.seconds))
    return figures_of("load_steps.calls", *facts, environment=dict(os.environ))


def wait_while(walk: Child, seconds: float) -> None:
    """Wait so long; raises AssertionError when the people have gone."""
    time.sleep(seconds)
    assert walk.is_running, walk.output[-3000:]


def sizes_while(walk: Child, product: Product) -> list[dict[str, float]]:
    """What web and workers take of memory, again and again, until the people have gone."""
    sizes = [product.megabytes()]
    while walk.is_running:
        time.sleep(SAMPLE_SECONDS)
        sizes.append(product.megabytes())
    assert walk.process.returncode in {0, 1}, walk.output[-3000:]
    return sizes


def growth(sizes: list[dict[str, float]]) -> float:
    """In percent."""
    sums = [sum(one.values()) for one in sizes]
    tenth = max(1, len(sums) // 10)
    early, late = sums[tenth : 2 * tenth] or sums, sums[-tenth:]
    return (statistics.mean(late) / statistics.mean(early) - 1) * 100


class Asked(NamedTuple):
    """One request of somebody's: when it began, how long it took, and what was wrong with it."""

    began: float
    seconds: float
    name: str
    error: str


def read_asked(path: Path) -> list[Asked]:
    """What `load_people` wrote."""
    with path.open(newline="") as file:
        return [Asked(float(began), float(took), *rest) for began, took, *rest in csv.reader(file)]


def is_awaited(asked: Asked) -> bool:
    """Whether somebody sat and waited for the answer."""
    return not asked.name.startswith(LIVE)


def print_pages(asked: list[Asked]) -> None:
    """A line for each page and act, and for all that people waited for."""
    by_name: defaultdict[str, list[float]] = defaultdict(list)
    for one in asked:
        by_name[one.name].append(one.seconds)
        if is_awaited(one):
            by_name["all"].append(one.seconds)
    for name, seconds in sorted(by_name.items()):
        figures = (f"p{part}_ms {percentile(seconds, part):.0f}" for part in (50, 95, 100))
        print(f"{name:18} n {len(seconds)}", *figures)
    for name, count in Counter(f"{one.name}: {one.error}" for one in asked if one.error).items():
        print("wrong", count, name)


if __name__ == "__main__":
    main()
