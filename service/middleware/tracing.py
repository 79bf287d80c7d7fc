"""OpenTelemetry tracing: a span for every request, sent where OTEL_EXPORTER_OTLP_ENDPOINT says. Off by default."""

from starlette.types import ASGIApp

from service.settings import SettingsError


def trace(app: ASGIApp) -> ASGIApp:
    """The application with a span around every request; a trace that the client has begun goes on.

    Raises:
        SettingsError: the packages for it are not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - optional
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "SERVICE_TRACING needs packages that are not installed: pip install opentelemetry-sdk "
            "opentelemetry-instrumentation-asgi opentelemetry-exporter-otlp-proto-http"
        ) from None
    provider = TracerProvider(resource=Resource.create({"service.name": "seminar-cnn"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetryMiddleware(app, tracer_provider=provider, exclude_spans=["receive", "send"])
