"""Judgements made elsewhere are read in the forms in which they come; what cannot be used is said."""

import numpy as np
import pytest

from graph.matching.similarity import space_of
from tests.bench.judgements import Judgements, JudgementsError, agreement, occupation_of, read_judgements

TAXI = "http://data.europa.eu/esco/occupation/6f7c1e84-8162-4c20-a575-b57ff624eef5"


@pytest.fixture
def read(tmp_path, graph):
    def write(text, encoding="utf-8"):
        path = tmp_path / "judgements.csv"
        path.write_bytes(text.encode(encoding))
        return read_judgements(path, graph)

    return write


@pytest.mark.parametrize(
    "text",
    [
        f"{TAXI},bus driver,0.8\n",
        f"occupation_a,occupation_b,score\n{TAXI},bus driver,0.8\n",
        f"\ufeffsource;target;similarity\n{TAXI};Bus Driver;0,8\n",
        f"score\toccupation 1\toccupation 2\n0.8\t{TAXI}\tbus driver\n",
        "id,from,to,feasibility\n7,taxi driver,bus driver,0.8\n",
        f"uri_1,label_1,uri_2,label_2,mean rating\n{TAXI},taxi driver,bus driver,bus driver,0.8\n\n",
        "one,other,how alike\n6f7c1e84-8162-4c20-a575-b57ff624eef5,bus driver,0.8\n",
    ],
)
def test_columns_are_found_by_their_names_or_their_order(read, graph, text):
    judged = read(text)
    assert judged.pairs == [(occupation_of(graph, TAXI), occupation_of(graph, "bus driver"), 0.8)]


def test_unknown_occupations_are_left_out_and_counted(read):
    judged = read(
        "a,b,score\ntaxi driver,bus driver,1\ntaxi driver,astronaut of the deep,1\ntaxi driver,taxi driver,1\n"
    )
    assert (len(judged.pairs), judged.left_out) == (1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("taxi driver\n", "row 1"),
        ("a,b,score\ntaxi driver,bus driver,very\n", "row 2: 'very' is no score"),
        ("a,b,score\ntaxi driver,bus driver\n", "row 2: 2 columns"),
        ("a,b,score\nx,y,1\n", "no row names two occupations"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(read, text, message):
    with pytest.raises(JudgementsError, match=message):
        read(text)


def test_other_encodings_are_refused(read):
    with pytest.raises(JudgementsError, match="UTF-8"):
        read("a,b,score\nförare,b,1\n", encoding="latin-1")


def test_agreement_is_that_of_a_worked_example():
    """Ranked a's way: x, y, z. Judged: x and z are alike, y is not."""
    judged = Judgements(pairs=[("a", "x", 0.9), ("a", "y", 0.2), ("a", "z", 0.7), ("a", "w", 0.1)], left_out=0)
    found = agreement(judged, lambda _: np.array([1.0, 0.9, 0.5, 0.4, 0.3]), ["a", "x", "y", "z", "w"])
    assert found.mean_average_precision == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found.spearman == pytest.approx(0.8)
    alike = Judgements(pairs=[("a", "x", 1.0), ("a", "z", 1.0)], left_out=0)
    found = agreement(alike, lambda _: np.array([1.0, 0.9, 0.5, 0.4, 0.3]), ["a", "x", "y", "z", "w"])
    assert (found.spearman, found.mean_average_precision) == (None, pytest.approx((1 + 2 / 3) / 2))


@pytest.mark.parametrize(
    ("one", "near", "far"),
    [
        ("taxi driver", "private chauffeur", "graphic designer"),
        ("taxi driver", "bus driver", "specialist dentist"),
        ("graphic designer", "art director", "building cleaner"),
        ("barista", "bartender", "accountant"),
        ("building cleaner", "building caretaker", "animator"),
    ],
)
def test_who_people_would_call_near_is_nearer(graph, one, near, far):
    space = space_of(graph)
    found = [occupation_of(graph, each) for each in (one, near, far)]
    if None in found:
        pytest.fail(f"not in the built-in taxonomy: {one}, {near} or {far}")
    assert space.similarity(found[0], found[1]) > space.similarity(found[0], found[2]) + 0.15
