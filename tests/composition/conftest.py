"""Composing SDL texts: `composes` and `refuses` take one keyword argument for each subgraph."""

import re

import pytest

from gateway.composition import Composed, CompositionFailed, SubgraphSDL, compose


def subgraphs_of(sdls):
    return [SubgraphSDL(name=name, url=f"http://{name}.example/graphql", sdl=sdl) for name, sdl in sdls.items()]


@pytest.fixture
def composes():
    """Compose, and return what comes out; fails where the composition does."""

    def run(*, rules=(), **sdls):
        result = compose(subgraphs_of(sdls), rules=rules)
        assert isinstance(result, Composed), str(result)
        return result

    return run


@pytest.fixture
def refuses():
    """Compose what cannot be, and return the errors as text."""

    def run(*, rules=(), **sdls):
        result = compose(subgraphs_of(sdls), rules=rules)
        assert isinstance(result, CompositionFailed)
        return [str(error) for error in result.errors]

    return run


@pytest.fixture
def type_of(composes):
    """Compose, and return the text of one type of the supergraph."""

    def run(name, **sdls):
        blocks = composes(**sdls).supergraph_sdl.rstrip("\n").split("\n\n")
        head = re.compile(rf"^(type|interface|union|enum|input|scalar) {name}\b", re.MULTILINE)
        return next(block for block in blocks if head.search(block))

    return run
