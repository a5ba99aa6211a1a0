"""Measures the house from its code: `python -m tooling.house [--against REVISION]`.

With `--against` that revision is measured too, and both stand side by side.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import subprocess
import tempfile
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tooling.places import ROOT

# What lies beside the product at the top of a checkout.
BESIDE = {"benchmarks", "docker", "docs", "node_modules", "static", "templates", "tests", "var"}
WIDTH = 36
Graph = Mapping[str, set[str]]
Figures = Iterator[tuple[str, str]]


class Module(NamedTuple):
    """A Python file by its dotted name, and all nodes of its syntax."""

    name: str
    text: str
    nodes: list[ast.AST]

    def count_code(self) -> int:
        """Count the lines that are neither blank nor words to the reader."""
        words = {
            line
            for node in self.nodes
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node.value.value, str)
            for line in range(node.lineno, (node.end_lineno or 0) + 1)
        }
        lines = enumerate(map(str.strip, self.text.splitlines()), start=1)
        return sum(bool(line) and line[0] != "#" and number not in words for number, line in lines)


def modules_below(root: Path, folders: Iterable[str]) -> list[Module]:
    """Read the Python files below these folders that hold anything, without migrations."""
    modules = []
    for file in sorted(file for folder in folders for file in (root / folder).rglob("*.py")):
        path, text = file.relative_to(root).with_suffix(""), file.read_text()
        if text and "migrations" not in path.parts:
            name = ".".join(path.parts).removesuffix(".__init__")
            modules.append(Module(name, text, list(ast.walk(ast.parse(text)))))
    return modules


def import_graph(modules: list[Module]) -> Graph:
    """Return which of the modules each one imports, wherever in its file."""
    graph: dict[str, set[str]] = {module.name: set() for module in modules}
    for module in modules:
        for node in module.nodes:
            if isinstance(node, ast.Import):
                graph[module.name].update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:  # a module of a package, or a name of a module
                    inside = f"{node.module}.{alias.name}"
                    graph[module.name].add(inside if inside in graph else node.module)
    return {name: (targets & graph.keys()) - {name} for name, targets in graph.items()}


def coarsened(graph: Graph, depth: int) -> Graph:
    """Return what a graph of modules makes of apps (depth 1) or of packages (depth 2).

    A package is a sub-package of an app, or a module that stands in none.
    """
    coarse: dict[str, set[str]] = defaultdict(set)
    for name, targets in graph.items():
        node, *others = [".".join(module.split(".")[:depth]) for module in (name, *targets)]
        coarse[node] |= set(others) - {node}
    return coarse


def rings(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components of more than one node, the largest first."""
    reach = {node: set(targets) for node, targets in graph.items()}
    for middle in reach:
        for start in reach:
            if middle in reach[start]:
                reach[start] |= reach[middle]
    components = {tuple(sorted(other for other in reach[n] if n in reach[other])) for n in reach}
    return sorted((list(ring) for ring in components if len(ring) > 1), key=len, reverse=True)


def imports_against(order: list[list[str]], graph: Graph) -> list[str]:
    """Return each app that imports one which does not stand lower in `order`, and that one."""
    level = {app: number for number, apps in enumerate(order) for app in apps}
    return [
        f"{app} imports {other}"
        for app, others in coarsened(graph, 1).items()
        for other in sorted(others & level.keys())
        if app in level and level[app] >= level[other]
    ]


def order_of(root: Path) -> list[list[str]]:
    """Return the order of imports that a checkout's own test holds; none before there was one."""
    for node in ast.parse((root / "tests" / "test_code_shape.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER":
            order: list[list[str]] = ast.literal_eval(node.value)
            return order
    return []


def shared_names(named: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    """Return, of pairs (name, module), the names of more than one module with those modules."""
    owners: dict[str, set[str]] = defaultdict(set)
    for name, module in named:
        owners[name].add(module)
    return {name: modules for name, modules in owners.items() if len(modules) > 1}


def measure(root: Path) -> dict[str, str]:
    """Return every figure of the checkout at `root`, by what it counts."""
    modules = modules_below(root, {file.parent.name for file in root.glob("[!.]*/*.py")} - BESIDE)
    tests = modules_below(root, ["tests"])
    return {
        **dict(_sizes(modules)),
        **dict(_functions(modules)),
        **dict(_imports(import_graph(modules), order_of(root))),
        **dict(_words(modules)),
        **dict(_templates([page.read_text() for page in root.glob("templates/**/*.html")])),
        "tests": f"{sum(len(re.findall(r'(?m)^ *def test_', test.text)) for test in tests):,}",
        "  lines of tests (code)": _lines(tests),
    }


def _sizes(modules: list[Module]) -> Figures:
    yield "lines of Python (code)", _lines(modules)
    for app in sorted({module.name.split(".")[0] for module in modules}):
        yield f"  {app}", _lines([m for m in modules if m.name.split(".")[0] == app])
    lengths = [len(module.text.splitlines()) for module in modules]
    yield "files", f"{len(lengths)}"
    yield "  over 300 lines", f"{sum(length > 300 for length in lengths)}"
    yield "  over 400 lines", f"{sum(length > 400 for length in lengths)}"
    yield "  under 50 lines", f"{sum(length < 50 for length in lengths)}"


def _functions(modules: list[Module]) -> Figures:
    """Count functions and methods; and public functions of modules that share their name.

    Of those each function counts, not each name: one name in three modules counts three times.
    """
    functions = [(f, m.name) for m in modules for f in m.nodes if isinstance(f, ast.FunctionDef)]
    yield "functions", f"{len(functions):,}"
    lengths = [(function.end_lineno or 0) - function.lineno + 1 for function, _ in functions]
    yield "  lines: median / 90th / longest", _spread(lengths)
    public = [(f.name, m) for f, m in functions if f.col_offset == 0 and f.name[0] != "_"]
    modules_of = shared_names(public)
    alike = sum(name in modules_of for name, _ in public)
    yield "  public, of modules", f"{len(public):,}, {_share(alike, len(public))} share a name"
    yield "    in so many modules", _most({name: len(modules_of[name]) for name in modules_of})


def _words(modules: list[Module]) -> Figures:
    nodes = [node for module in modules for node in module.nodes]
    for kind in (ast.Module, ast.ClassDef, ast.FunctionDef):
        docstrings = [bool(ast.get_docstring(node)) for node in nodes if isinstance(node, kind)]
        yield f"docstrings: {kind.__name__}", _share(sum(docstrings), len(docstrings))
    classes = ((n.name, m.name) for m in modules for n in m.nodes if isinstance(n, ast.ClassDef))
    yield "class names used twice (but Meta)", f"{len(shared_names(classes).keys() - {'Meta'})}"
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id != "_"]
    bound = Counter(name.id for name in names if isinstance(name.ctx, ast.Store))
    yield "variables (no arguments), times bound", _most(bound)


def _imports(graph: Graph, order: list[list[str]]) -> Figures:
    yield "imports against the order", f"{len(imports_against(order, graph))}" if order else "-"
    for label, depth in [("rings of apps", 1), ("rings of packages", 2)]:
        ring_list = rings(coarsened(graph, depth))
        yield (
            label,
            "; ".join(f"{len(ring)} packages: {' '.join(ring)}" for ring in ring_list) or "0",
        )
    once = sum(sum(name in targets for targets in graph.values()) == 1 for name in graph)
    yield "modules that exactly one imports", f"{once}, {_share(once, len(graph))}"


def _templates(pages: list[str]) -> Figures:
    widths = [len(line) for page in pages for line in page.splitlines()]
    yield "lines of templates", f"{len(widths):,}"
    yield "  width: median / 90th / longest", _spread(widths)
    for mark in (120, 160):
        yield f"  over {mark}", _share(sum(width > mark for width in widths), len(widths))
    tags = sum(len(re.findall(r"\{% *(?:if|for|with)\b", page)) for page in pages)
    yield "  if, for, with in 10 kB", f"{tags * 10_000 / max(sum(map(len, pages)), 1):.0f}"


def _lines(modules: list[Module]) -> str:
    lines = sum(len(module.text.splitlines()) for module in modules)
    return f"{lines:,} ({sum(module.count_code() for module in modules):,})"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _spread(values: list[int]) -> str:
    ordered = sorted(values) or [0]
    return f"{median(ordered):g} / {ordered[len(ordered) * 9 // 10]} / {ordered[-1]}"


def _most(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(counts).most_common(15))


def measure_revision(revision: str) -> dict[str, str]:
    """Measure what a revision of this repository holds. Raises CalledProcessError without it."""
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/revision.tar"
        subprocess.run(["git", "archive", "-o", archive, revision], cwd=ROOT, check=True)
        shutil.unpack_archive(archive, folder, filter="data")
        return measure(Path(folder))


def table(columns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of a table of figures, a column for each checkout."""
    labels = dict.fromkeys(label for figures in [*columns.values()][::-1] for label in figures)
    rows = [[label, *(figures.get(label, "") for figures in columns.values())] for label in labels]
    for label, *cells in [["", *columns], *rows]:
        wrapped = [textwrap.wrap(cell, WIDTH) or [""] for cell in cells]
        for parts in zip_longest([label], *wrapped, fillvalue=""):
            yield "  ".join(f"{part:{WIDTH}}" for part in parts).rstrip()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="REVISION")
    revision: str | None = parser.parse_args().against
    columns = {revision: measure_revision(revision)} if revision else {}
    for line in table(columns | {"now": measure(ROOT)}):
        print(line)


if __name__ == "__main__":
    main()
