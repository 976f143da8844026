"""`@feed` and `@entry`: what a provider publishes to everybody, read into values and type-checked.

A feed's selection makes `records`, a list whose items are checked against the record type that belongs to `gives`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from graphql import GraphQLObjectType, GraphQLSchema, Node

from connectors.mapping import MappingError
from connectors.mapping.shape import ObjectShape
from connectors.schema.definition import Definition, Entry, Feed, FeedKind, Paging, ProviderDefinition, Source
from connectors.schema.mapping_rules import Complaint, check_selection
from connectors.schema.paging_rules import paging_complaints
from connectors.schema.problem import SdlProblem, problem_at
from connectors.schema.reader import DirectiveReader, Read, body_format
from connectors.schema.variables import parse_mapping

RECORDS: Final = "records"
"""The one field that a feed's selection gives."""

RECORD_TYPES: Final[Mapping[FeedKind, str]] = {
    "TRAINING": "TrainingRecord",
    "OPPORTUNITIES": "OpportunityRecord",
    "POSTINGS": "PostingRecord",
}
"""The type of a feed's records, by what it gives."""

SHORTEST_INTERVAL = timedelta(minutes=1)
NOT_PAGED = Paging(
    style="NONE", size=20_000, first=0, total=None, pages=None, next=None, window=None, time="RFC3339",
    order="UNORDERED", most=20_000,
)  # fmt: skip


def read_feeds(reader: DirectiveReader, found: Sequence[Read], sources: Mapping[str, Source]) -> tuple[Feed, ...]:
    """Return the feeds; what is wrong with them is noted at `reader`."""
    # Documents and formats are arguments here, where connects have directives of their own.
    ids = [values["id"] for _, values in found]
    feeds = []
    for node, values in found:
        if ids.count(values["id"]) > 1:
            reader.add(node, "FEED_ID_NOT_UNIQUE", f"Two feeds have the id {values['id']!r}.")
        endpoint = reader.endpoint(node, values, sources, values.get("document"))
        fields = reader.output_fields(node, values["selection"])
        every = reader.duration(node, values["every"])
        paging = values.get("paging")
        if fields is not None and fields != {RECORDS}:
            reader.add(node, "FEED_WITHOUT_RECORDS", f"The selection of a feed gives `{RECORDS}` and nothing else.")
        if every is not None and every < SHORTEST_INTERVAL:
            reader.add(node, "FEED_TOO_OFTEN", "A feed is read once a minute at most (PT1M).")
        if endpoint is None or every is None:
            continue
        feeds.append(
            Feed(
                id=values["id"],
                gives=values["gives"],
                endpoint=replace(endpoint, format=body_format(values["format"])),
                selection=values["selection"],
                paging=NOT_PAGED if paging is None else reader.paging(node, paging),
                every=every,
                first_page_validates=paging is None or paging["firstPageValidates"],
            )
        )
    return tuple(feeds)


def read_entries(found: Sequence[Read]) -> tuple[Entry, ...]:
    """Return the entry bars."""
    return tuple(
        Entry(
            occupation=values["occupation"],
            label=values["label"],
            requires=tuple(values["requires"]),
            zone=values.get("zone"),
            hours=values["hours"],
            note=values.get("note"),
            notes={each["language"]: each["text"] for each in values["notes"]},
        )
        for _, values in found
    )


Place = Callable[[str, str, str], Node | None]
"""Finds the directive of a name whose argument has a value."""


def feed_problems(
    definition: Definition | ProviderDefinition, schema: GraphQLSchema, place: Place
) -> Iterator[SdlProblem]:
    """Yield what is wrong with the selections of feeds, and with entry bars."""
    for feed in definition.feeds:
        source = definition.sources.get(feed.endpoint.source)
        paging = paging_complaints(feed.id, feed.endpoint, source, feed.paging)
        for code, message in (*_feed_complaints(feed, schema), *paging):
            yield problem_at(place("feed", "id", feed.id), code, message)
    for entry in definition.entries:
        node = place("entry", "label", entry.label)
        if entry.zone is not None and not 1 <= entry.zone <= 5:
            yield problem_at(node, "ENTRY_ZONE", f"@entry {entry.label}: zone is from 1 to 5.")
        if entry.hours < 0:
            yield problem_at(node, "ENTRY_HOURS", f"@entry {entry.label}: hours are not negative.")
        for language in entry.notes:
            if not (len(language) == 2 and language.isascii() and language.islower()):
                yield problem_at(
                    node, "ENTRY_LANGUAGE", f'@entry {entry.label}: "{language}" is no ISO 639-1 code, such as "sv".'
                )


def _feed_complaints(feed: Feed, schema: GraphQLSchema) -> Iterator[Complaint]:
    record = schema.get_type(RECORD_TYPES[feed.gives])
    assert isinstance(record, GraphQLObjectType)
    try:
        shape = parse_mapping(feed.selection).shape()
    except MappingError as error:
        yield "MAPPING_INVALID", f"{feed.id}: {error.message} (line {error.line} of the mapping) [{error.code}]"
        return
    if isinstance(shape, ObjectShape) and RECORDS in shape.fields:
        yield from check_selection(record.name, record.fields, shape.fields[RECORDS], f"{feed.id}: {RECORDS}")
