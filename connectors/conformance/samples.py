"""What a connector makes of sample responses, without any platform: values, and what its mappings missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.conformance.misfits import misfits
from connectors.mapping import MappingError, Problem, compile_selection, dump_json
from connectors.mapping.run import PSEUDONYM_KEY
from connectors.runtime.bodies import read_body
from connectors.schema import Connector
from connectors.schema.variables import parse_mapping
from connectors.transport import UpstreamMalformedError

_PAGE: Mapping[str, Any] = dict.fromkeys(("limit", "offset", "number", "cursor", "from", "to"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A response of the platform, as it would come: the `@connect` that it answers, and its body."""

    connect: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What a sample became: JSON text, what the mapping missed, and what does not fit the schema's types.

    `error` where there is no value at all.
    """

    connect: str
    value: str | None
    problems: Sequence[Problem] = ()
    misfits: Sequence[str] = ()
    error: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.connect}: {self.error}"] if self.error is not None else []
        lines += [f"{self.connect}: {each.path}: {each.message} [{each.code}]" for each in self.problems]
        lines += [f"{self.connect}: {each} [TYPE_MISMATCH]" for each in self.misfits]
        return "\n".join([*lines, *([f"{self.connect}: {self.value}"] if self.value is not None else [])])


def map_samples(connector: Connector, samples: Sequence[Sample]) -> list[Mapped]:
    """Return what the connector's mappings make of each sample."""
    return [_map(connector, sample) for sample in samples]


def _map(connector: Connector, sample: Sample) -> Mapped:
    connects = {connect.id: connect for connect in connector.definition.connects}
    connect = connects.get(sample.connect)
    if connect is None:
        known = ", ".join(sorted(connects)) or "none"
        return Mapped(connect=sample.connect, value=None, error=f"there is no such @connect; there is {known}")
    variables = {
        "$page": _PAGE,
        "$config": {},
        "$account": {},
        "$status": 200,
        "$response": {"headers": {}},
        PSEUDONYM_KEY: b"sample-responses-pseudonym-key-32",
    }
    try:
        body = read_body(sample.body, connect.endpoint.format)
        value, problems = compile_selection(parse_mapping(connect.selection))(body, variables)
    except (UpstreamMalformedError, MappingError) as error:
        return Mapped(connect=sample.connect, value=None, error=str(error))
    found = list(dict.fromkeys(misfits(connector, value)))
    return Mapped(connect=sample.connect, value=dump_json(value), problems=problems, misfits=found)
