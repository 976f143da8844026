"""One section per platform for `docs/platforms.md`: what its file says in comments, and what follows from the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from connectors.schema import Connector
from connectors.schema.definition import Definition, Endpoint, Source
from connectors.schema.sites import hosts_of

__all__ = ["platform_section"]


def platform_section(connector: Connector) -> str:
    """Return the section of one platform, as Markdown."""
    definition = connector.definition
    platform = definition.platform
    lines = [f"## {platform.display_name}", ""]
    lines += [f"- {note}" for note in _notes(connector.source)]
    if platform.terms:
        lines.append(f"- Terms: {platform.terms}")
    if platform.documentation:
        lines.append(f"- Its own documentation: <{platform.documentation}>")
    if hosts := hosts_of(definition):
        lines.append(f"- Calls {', '.join(f'`{host}`' for host in hosts)}.")
    lines += [f"- {quirk}." for quirk in _quirks(definition)]
    if definition.occupations:
        labels = dict.fromkeys(each.label for each in definition.occupations)
        lines.append(f"- Kinds of work, as ESCO occupations: {', '.join(labels)}.")
    return "\n".join(lines) + "\n"


def _notes(source: str) -> Iterator[str]:
    """Yield the comments of a connector's file, a block of lines each."""
    block: list[str] = []
    for line in [*source.splitlines(), ""]:
        text = line.strip()
        if text.startswith("# "):
            block.append(text[2:])
        elif block:
            yield " ".join(block)
            block = []


def _quirks(definition: Definition) -> Iterator[str]:
    linking, limits = definition.linking, definition.limits
    if linking.body is not None:
        yield f"The credential goes into the body, as `{linking.body}`"
    elif linking.header != "Authorization":
        yield f"The credential goes into the header `{linking.header}`"
    if limits.requests is not None and limits.period is not None:
        whose = "each account" if limits.per_account else "all accounts together"
        most = f"{limits.requests} requests in {_period(limits.period)}"
        yield f"At most {most} for {whose}, {limits.concurrency} at once"
    for source in definition.sources.values():
        if told := _told(source):
            yield f"The body, not the status, tells of {', '.join(told)}"
    for connect in definition.connects:
        yield from _endpoint(connect.id, connect.endpoint)
        if connect.each is not None:
            late = f", and {connect.each.late} days more for what comes late" if connect.each.late else ""
            yield f"`{connect.id}` is asked once for each of `{connect.each.of}`, {connect.each.days} days back{late}"
    for order, words in (("UNORDERED", "In no order"), ("OLDEST_FIRST", "Oldest first")):
        names = [f"`{each.id}`" for each in definition.connects if each.paging and each.paging.order == order]
        if names:
            yield f"{words}: {', '.join(names)}"


def _endpoint(name: str, endpoint: Endpoint) -> Iterator[str]:
    if endpoint.format.kind != "JSON":
        encoding = f" in {endpoint.format.encoding}" if endpoint.format.encoding != "utf-8" else ""
        yield f"`{name}` is {endpoint.format.kind}{encoding}"


def _told(source: Source) -> list[str]:
    verdicts = {
        "errors": source.is_error or source.is_success,
        "refused credentials": source.is_unauthorized,
        "missing scopes": source.is_forbidden,
        "limits": source.is_throttled,
        "failures": source.is_unavailable,
        "what is not there": source.is_absent,
    }
    return [name for name, text in verdicts.items() if text is not None]


def _period(period: timedelta) -> str:
    seconds = int(period.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return f"a{'n' if unit == 'hour' else ''} {unit}" if count == 1 else f"{count} {unit}s"
    return "a second" if seconds == 1 else f"{seconds} seconds"
