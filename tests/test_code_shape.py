"""The shape of the house: who may import whom, and how long a function may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import code_base
from tests.code_base import EVERYTHING, PRODUCT, name, python_files, template_files, tree
from tooling import house
from tooling.places import ROOT

# Imports run one way, down this list. Those in one line know nothing of each other.
ORDER = [
    ["config"],
    ["demo"],
    ["upkeep"],
    ["privacy"],
    ["api"],
    ["history"],
    ["composer", "delivery"],
    ["sending"],
    ["campaigns"],
    ["sociocs_accounts"],
    ["recipients"],
    ["events"],
    ["teams"],
    ["trail"],
    ["interface"],
]
# Plain Python beside them: who may import it.
GATEWAY_USERS = {
    *("config", "demo", "privacy", "api", "history", "composer", "delivery", "sending"),
    *("campaigns", "sociocs_accounts"),
}
MAY_IMPORT = {
    app: {lower for line in ORDER[level + 1 :] for lower in line}
    | ({"sociocs_gateway"} if app in GATEWAY_USERS else set())
    for level, line_of_apps in enumerate(ORDER)
    for app in line_of_apps
} | {"sociocs_gateway": set(), "sociocs_sandbox": set()}
MAY_IMPORT["demo"].add("sociocs_sandbox")
# Inside an app: views, admin, tasks -> step modules -> models.
OUTERMOST = re.compile(r"(.+_)?(admin|tasks|urls|views)")
# Ways to ask Celery for a later or a second try. The database alone says what is due: a message
# with a time on it is delivered twice or not at all when the broker restarts.
CELERYS_OWN_RETRIES = {
    *("autoretry_for", "countdown", "eta", "retry_backoff", "retry_kwargs"),
}
LONGEST_FUNCTION = 50
LONGEST_MODULE = 400
WIDEST_TEMPLATE_LINE = 120


def own_packages(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (package, module, line) for each import of a package of this product."""
    for module, line in code_base.imports(path):
        package = module.partition(".")[0]
        if package in PRODUCT:
            yield package, module, line


@pytest.mark.parametrize("package", PRODUCT)
def test_imports_run_one_way(package: str) -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in python_files([package])
        for imported, module, line in own_packages(path)
        if imported != package and imported not in MAY_IMPORT[package]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def import_graph() -> house.Graph:
    return house.import_graph(house.modules_below(ROOT, PRODUCT))


@pytest.mark.parametrize(("folders", "depth"), [("apps", 1), ("packages", 2), ("modules", 99)])
def test_no_ring_of_imports_among(folders: str, depth: int, import_graph: house.Graph) -> None:
    rings = [" <-> ".join(ring) for ring in house.rings(house.coarsened(import_graph, depth))]
    assert not rings, f"{folders}:\n" + "\n".join(rings)


def test_the_gateway_speaks_plain_python() -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in python_files(["sociocs_gateway"])
        for module, line in code_base.imports(path)
        if module.partition(".")[0] in ("celery", "django")
    ]
    assert not wrong, "\n".join(wrong)


def test_no_product_code_imports_the_workshop() -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in python_files(PRODUCT)
        for module, line in code_base.imports(path)
        if module.partition(".")[0] in ("benchmarks", "docker", "tests", "tooling")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("app", [app for line in ORDER[2:] for app in line])
def test_steps_import_neither_views_nor_tasks(app: str) -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in python_files([app])
        if not any(OUTERMOST.fullmatch(part) for part in path.with_suffix("").parts)
        for module, line in code_base.imports(path)
        if module.startswith(f"{app}.") and OUTERMOST.fullmatch(module.split(".")[1])
    ]
    assert not wrong, "\n".join(wrong)


def file_of(imported: str) -> Path | None:
    """Return the file of a module, or of the module that an imported name stands in."""
    module = ROOT.joinpath(*imported.split("."))
    files = [module.with_suffix(".py"), module.parent.with_suffix(".py")]
    return next((file for file in files if file.exists()), None)


@pytest.mark.parametrize("app", [app for line in ORDER[3:-1] for app in line])
def test_models_import_no_step_that_imports_them(app: str) -> None:
    package = ROOT / app / "models"
    files = python_files([f"{app}/models"]) if package.is_dir() else [package.with_suffix(".py")]
    steps = {
        step
        for models in files
        for owner, module, _ in own_packages(models)
        if owner == app and not module.startswith(f"{app}.models")
        if (step := file_of(module))
    }
    circles = [
        f"{app}.models -> {name(step)} -> {app}.models"
        for step in sorted(steps)
        for _, module, _ in own_packages(step)
        if module.startswith(f"{app}.models")
    ]
    assert not circles, "\n".join(circles)


def test_no_task_asks_celery_for_another_try() -> None:
    wrong = [
        f"{name(path)}:{line} {word}"
        for path in python_files(PRODUCT)
        for word, line in words_for_another_try(tree(path))
    ]
    assert not wrong, "\n".join(wrong)


# gh-106052: in Pythons before 3.11.5 such patterns miss what they should match, and match more.
A_GROUP_TAKEN_AT_ONCE = re.compile(r"\([^)].*(?<!\\)\)(?:[*+?]|\{[\d,]+\})\+|\(\?>")


def test_no_pattern_takes_a_group_at_once() -> None:
    places = [
        f"{name(path)}: {node.value!r}"
        for path in python_files(PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str | bytes)
        and A_GROUP_TAKEN_AT_ONCE.search(str(node.value))
    ]
    assert not places


@pytest.mark.parametrize("pattern", [r"(?:a|b)*+", r"(ab)++", r"(?:a)?+", r"(a){2,}+", r"(?>a)"])
def test_a_group_taken_at_once_is_seen(pattern: str) -> None:
    assert A_GROUP_TAKEN_AT_ONCE.search(pattern)


def test_no_page_talks_to_the_mail_server() -> None:
    """Workers do, in two places."""
    found = {
        name(path)
        for path in python_files(PRODUCT)
        for module, _line in code_base.imports(path)
        if module.startswith("django.core.mail")
    }
    assert found == {"history/notices.py", "teams/letters.py"}


def words_for_another_try(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield (word, line) for an argument or an option of that name, and for `task.retry(...)`."""
    for node in ast.walk(module):
        match node:
            case ast.keyword(arg=str(word), value=value) if word in CELERYS_OWN_RETRIES:
                yield word, value.lineno
            case ast.Dict(keys=keys):
                for key in keys:
                    if isinstance(key, ast.Constant) and key.value in CELERYS_OWN_RETRIES:
                        yield str(key.value), key.lineno
            case ast.Call(func=ast.Attribute(attr="retry")):
                yield "retry", node.lineno


@pytest.mark.parametrize(
    "code", ["task.apply_async(eta=t)", "task.retry()", "task.apply_async(**{'countdown': 3})"]
)
def test_asking_celery_for_another_try_is_seen(code: str) -> None:
    assert list(words_for_another_try(ast.parse(code)))


# The one module that says when an opt-out is open; a condition written elsewhere would be a second
# opinion on who may be messaged.
OPT_OUTS = "recipients/models/lists.py"
LIFTING = re.compile(r"lifted_at(__| +\S)|__lifted_at")


def test_when_an_opt_out_is_open_is_said_once() -> None:
    wrong = [
        f"{name(path)}:{line} {word}"
        for path in python_files(PRODUCT)
        if name(path) != OPT_OUTS
        for word, line in questions_of_lifting(tree(path))
    ]
    assert not wrong, "\n".join(wrong)


def questions_of_lifting(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield (word, line) where code asks by itself whether an opt-out was lifted.

    Writing down that it was is no question, nor is showing when.
    """
    for node in ast.walk(module):
        match node:
            case ast.keyword(arg=str(word), value=value) if "lifted_at" in word.split("__"):
                if word != "lifted_at" or isinstance(value, ast.Constant):
                    yield word, value.lineno
            case ast.Attribute(attr="lifted_at"):
                yield node.attr, node.lineno
            case ast.Constant(value=str(text)) if re.search(
                r"lifted_at(__| +\S)|__lifted_at", text
            ):
                yield text, node.lineno


@pytest.mark.parametrize(
    "code",
    [
        "rows.filter(team=team, lifted_at=None)",
        "rows.exclude(opt_out__lifted_at__isnull=False)",
        "rows.filter(**{'lifted_at__isnull': lifted})",
        "opt_out.lifted_at is None",
        "f'SELECT 1 FROM {table} o WHERE o.lifted_at IS NULL'",
    ],
)
def test_asking_whether_an_opt_out_was_lifted_is_seen(code: str) -> None:
    assert list(questions_of_lifting(ast.parse(code)))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its signature and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_too_long_to_take_in() -> None:
    wrong = [
        f"{name(path)}:{function.lineno} {function.name} has {length(function)} lines"
        for path in python_files(EVERYTHING)
        for function in functions(path)
        if length(function) > LONGEST_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_is_a_heap() -> None:
    wrong = [
        f"{name(path)} has {lines} lines of code"
        for path in python_files([*PRODUCT, "tooling"])
        if (lines := len(lines_of_code(path))) > LONGEST_MODULE
    ]
    assert not wrong, "\n".join(wrong)


def lines_of_code(path: Path) -> set[int]:
    """Return the numbers of the lines that are neither blank nor words to the reader."""
    words = {
        line
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    return {
        number
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#") and number not in words
    }


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"core.py", "helpers.py", "misc.py", "services.py", "util.py", "utils.py"}
    wrong = [name(path) for path in python_files(EVERYTHING) if path.name in empty]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a script in the page", r"<script(?![^>]*\bsrc=)"),
        ("a style in the page", r"<style\b"),
        ("a style attribute", r"<[^>]*\sstyle="),
        ("an event attribute", r"<[^>]*\son[a-z]+="),
        ("a javascript: address", r"(?i)javascript:"),
        (
            "an address on another server",
            r"""<(?:script|link|img|iframe)\b[^>]*["'](?:https?:)?//""",
        ),
        ("text that is not escaped", r"\|\s*safe\b|autoescape off"),
    ],
)
def test_no_template_has(what: str, pattern: str) -> None:
    wrong = [
        f"{name(path)}:{text[: found.start()].count(chr(10)) + 1} {found.group()}"
        for path in template_files()
        for text in [without_comments(path.read_text())]
        for found in re.finditer(pattern, text)
    ]
    assert not wrong, f"{what}:\n" + "\n".join(wrong)


def test_no_line_of_a_template_is_too_wide_to_read() -> None:
    wrong = [
        f"{name(path)}:{number} {len(line)} columns"
        for path in template_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > WIDEST_TEMPLATE_LINE
    ]
    assert not wrong, "\n".join(wrong)


def without_comments(template: str) -> str:
    """Blank out Django's comments, keeping the lines' numbers."""
    comments = r"(?s)\{% comment.*?%\}.*?\{% endcomment %\}|\{#.*?#\}"
    return re.sub(comments, lambda found: "\n" * found.group().count("\n"), template)
