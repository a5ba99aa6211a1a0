"""Errors to Sentry and traces to OpenTelemetry, where a setting asks for them.

Their packages are in no requirements: docs/production.md says which to install. Whatever leaves
goes through the mask of the log, without what a visitor sent or what stood in a variable.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from config.logs import mask
from interface import log_ids

log = logging.getLogger(__name__)

# What a span may tell: what was done, never an address, which may hold a number or a name.
_TOLD_OF_SPANS = {
    *("http.method", "http.request.method", "http.route"),
    *("http.status_code", "http.response.status_code", "error.type"),
    *("db.system", "db.system.name", "db.statement", "db.query.text"),
    *("celery.action", "celery.state", "celery.task_name", "messaging.message.id"),
}
# Of code, and of templates, which come whatever Sentry was told.
_LINES = {"pre_context", "context_line", "post_context"}
_INSTRUMENTED = {
    "django": "DjangoInstrumentor",
    "celery": "CeleryInstrumentor",
    "requests": "RequestsInstrumentor",
    "psycopg": "PsycopgInstrumentor",
}


def begin(settings: Any) -> None:
    """Begin to report from this process; the log says so where a package is missing."""
    for name, begin_it, package, what in (
        ("SENTRY_DSN", _begin_sentry, "sentry-sdk", "errors"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", _begin_traces, "opentelemetry-sdk", "traces"),
    ):
        if address := getattr(settings, name):
            try:
                begin_it(address)
            except ModuleNotFoundError as missing:
                told = "%s is set, but %s is not installed (%s): no %s are reported."
                log.warning(told, name, package, missing.name, what)


def _begin_sentry(dsn: str) -> None:
    sentry_sdk = importlib.import_module("sentry_sdk")
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        # Nothing of it goes along with calls to Sociocs.
        trace_propagation_targets=[],
        before_send=_discreet_event,
    )


def _discreet_event(event: dict[str, Any], _hint: object) -> dict[str, Any]:
    for part in ("request", "user", "extra", "breadcrumbs", "_meta"):
        event.pop(part, None)
    if written := event.get("logentry"):
        # Without its arguments, which the sentence holds already.
        event["logentry"] = {"message": written.get("formatted") or written.get("message")}
    # Called in the thread in which it happened.
    event["tags"] = {name: value for name, value in log_ids.current()._asdict().items() if value}
    masked: dict[str, Any] = _masked(event)
    return masked


def _masked(value: Any) -> Any:
    match value:
        case str():
            return mask(value)
        case dict():
            return {key: _masked(one) for key, one in value.items() if key not in _LINES}
        case list() | tuple():
            return [_masked(one) for one in value]
    return value


def _begin_traces(_endpoint: str) -> None:
    find = importlib.import_module
    sdk, export = find("opentelemetry.sdk.trace"), find("opentelemetry.sdk.trace.export")
    otlp = find("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resource = find("opentelemetry.sdk.resources").Resource.create(
        {"service.name": "sociocs-campaigns"}
    )
    # It reads the endpoint, and all else that may be set for it, from the environment.
    exporter = otlp.OTLPSpanExporter()
    exporter.export = partial(_export, exporter.export, sdk.ReadableSpan)
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    find("opentelemetry.trace").set_tracer_provider(provider)
    for package, name in _INSTRUMENTED.items():
        try:
            module = find(f"opentelemetry.instrumentation.{package}")
        except ModuleNotFoundError:
            continue
        getattr(module, name)().instrument()


def _export(export: Any, make_span: Any, spans: Iterable[Any]) -> Any:
    return export([_discreet_span(make_span, span) for span in spans])


def _discreet_span(make_span: Any, span: Any) -> Any:
    """The same span without its events, which are exceptions with what they say."""
    told = {name: _masked(value) for name, value in (span.attributes or {}).items()}
    return make_span(
        name=mask(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in told.items() if name in _TOLD_OF_SPANS},
        kind=span.kind,
        status=type(span.status)(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
