"""Structured logs: one JSON line per request and event, with ids and never a personal value."""

import logging
import sys
from typing import Any

import msgspec
import structlog


def _line(event: dict[str, Any], **_more: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def configure(level: str) -> None:
    """Send every log line as JSON to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


log: structlog.stdlib.BoundLogger = structlog.get_logger()
