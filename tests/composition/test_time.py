"""Composition ends when its caller's time is over, wherever it is."""

from itertools import count

import pytest

from gateway.composition import CompositionFailed, SubgraphSDL, compose

SDL = 'type Query { a: A } type A @key(fields: "id") { id: ID b: B } type B { c: Int }'
GIVEN = [SubgraphSDL(name="a", url="local:a", sdl=SDL)]


@pytest.mark.parametrize("looks", range(5))
def test_composition_stops_when_it_is_late(looks):
    passed = count()
    result = compose(GIVEN, is_late=lambda: next(passed) >= looks)
    assert isinstance(result, CompositionFailed)
    assert [each.code for each in result.errors] == ["COMPOSITION_TIME_EXCEEDED"]


def test_composition_in_time_is_what_it_is_without_a_limit():
    assert compose(GIVEN, is_late=lambda: False) == compose(GIVEN)
