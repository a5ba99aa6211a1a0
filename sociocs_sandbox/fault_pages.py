"""Switching faults on and off by hand."""

from __future__ import annotations

from urllib.parse import parse_qs

from sociocs_sandbox.exchange import Request, Response
from sociocs_sandbox.fault_catalogue import GROUPS, fault_kind
from sociocs_sandbox.faults import InvalidFault, Rule
from sociocs_sandbox.rendering import NOTHING, Html, joined_html, page, redirect, render
from sociocs_sandbox.sandbox import Sandbox

_CALLS = {
    "POST /messages/bulk": "Handing over a job",
    "GET /messages/bulk": "Listing jobs",
    "DELETE /messages/bulk/*": "Deleting a job",
    "PUT /messages/bulk/*": "Moving a job",
    "POST /message": "Sending a single message",
    "POST /contacts/block/*": "Blocking a contact",
    "GET /messages/scheduled": "Listing messages that wait",
    "DELETE /messages/scheduled/*": "Taking a message back",
    "GET /channels*": "Reading channels",
    "* *": "Any call",
}


def faults(sandbox: Sandbox, request: Request, notice: str = "") -> Response:
    """``GET /faults``: the rules in force above a form that adds one."""
    shown = render("notice.html", text=notice) if notice else NOTHING
    head = render("faults_head.html", notice=shown)
    form = render(
        "fault_form.html",
        calls=joined_html(render("option.html", value=call, label=_CALLS[call]) for call in _CALLS),
        groups=joined_html(_group(title, [kind.name for kind in kinds]) for title, kinds in GROUPS),
    )
    return page(
        request,
        title="Faults",
        section="faults",
        above=head,
        live=_rules(sandbox.faults.all()),
        below=form,
        status=400 if notice else 200,
    )


def add_fault(sandbox: Sandbox, request: Request) -> Response:
    """``POST /faults``: one rule from the form; only the parameters its fault knows are taken."""
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    method, _, path = form.get("call", "* *").partition(" ")
    kind = fault_kind(form.get("fault", ""))
    known = kind.parameters if kind else {}
    rule = {"fault": form.get("fault", ""), "method": method, "path": path}
    rule |= {name: value for name, value in form.items() if name == "times" or name in known}
    try:
        sandbox.faults.add(rule)
    except InvalidFault as error:
        return faults(sandbox, request, notice=str(error))
    return redirect("/faults")


def remove_fault(sandbox: Sandbox, request: Request) -> Response:
    """``POST /faults/{id}/remove``."""
    if request.params["id"].isdecimal():
        sandbox.faults.remove(int(request.params["id"]))
    return redirect("/faults")


def clear_faults(sandbox: Sandbox, _: Request) -> Response:
    """``POST /faults/clear``."""
    sandbox.faults.clear()
    return redirect("/faults")


def _group(title: str, names: list[str]) -> Html:
    kinds = [kind for kind in map(fault_kind, names) if kind]
    buttons = [render("fault_button.html", name=kind.name, title=kind.title) for kind in kinds]
    return render("fault_group.html", title=title, buttons=joined_html(buttons))


def _rules(rules: list[Rule]) -> Html:
    if not rules:
        text = "Every call is answered as the vendor's documentation says."
        rows = render("empty.html", title="No fault in force", text=text)
        return render("rules.html", rows=rows, clear="")
    rows = joined_html(map(_rule, reversed(rules)))
    return render("rules.html", rows=rows, clear=render("clear.html"))


def _rule(rule: Rule) -> Html:
    call = f"{rule.method} {rule.path}"
    times = "until removed" if rule.times is None else f"{rule.times} times at most"
    return render(
        "rule.html",
        id=rule.id,
        fault=rule.fault,
        parameters=", ".join(f"{name} {_short(rule.parameters[name])}" for name in rule.parameters),
        call=_CALLS.get(call, call),
        times="once" if rule.times == 1 else times,
        hits="1 hit" if rule.hits == 1 else f"{rule.hits:,} hits",
        used="used" if rule.is_used_up else "",
    )


def _short(value: float | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
