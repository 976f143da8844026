"""Pages go forward and backward over a list, and a cursor belongs to its list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidArgumentError, InvalidCursorError
from graph.pages import Span, encode_cursor, page_of


def entries(names):
    return [((-len(each), each), each) for each in sorted(names, key=lambda each: (-len(each), each))]


def walked(listed, size, *, backward):
    """Return all pages from one end to the other, and what they say of there being more."""
    pages, cursor = [], None
    while True:
        span = Span(last=size, before=cursor) if backward else Span(first=size, after=cursor)
        page = page_of(listed, span)
        pages.append(page)
        goes_on = page.has_previous if backward else page.has_next
        if not goes_on:
            return pages
        cursor = page.items[0 if backward else -1][0]


@given(names=st.sets(st.text(max_size=4), max_size=30), size=st.integers(1, 7), backward=st.booleans())
def test_pages_of_either_direction_are_the_whole_list(names, size, backward):
    listed = entries(names)
    pages = walked(listed, size, backward=backward)
    in_order = reversed(pages) if backward else pages
    assert [item for page in in_order for _, item in page.items] == [item for _, item in listed]
    assert all(len(page.items) == size for page in pages[:-1])
    assert all(page.has_next is (page is not pages[0]) for page in pages if backward)
    assert all(page.has_previous is (page is not pages[0]) for page in pages if not backward)


@given(names=st.sets(st.text(max_size=4), min_size=2), gone=st.data())
def test_page_goes_on_where_the_last_one_ended_though_the_list_has_changed(names, gone):
    listed = entries(names)
    place = gone.draw(st.integers(0, len(listed) - 2))
    cursor = encode_cursor(listed[place][0])
    left = [each for number, each in enumerate(listed) if number != place]
    assert [item for _, item in page_of(left, Span(after=cursor, first=100)).items] == [
        item for _, item in listed[place + 1 :][:100]
    ]
    assert [item for _, item in page_of(left, Span(before=cursor, last=100)).items] == [
        item for _, item in listed[:place][-100:]
    ]


def test_between_two_cursors_is_what_lies_between():
    listed = entries("abcdef")
    cursor = {name: encode_cursor(key) for key, name in listed}
    page = page_of(listed, Span(after=cursor["a"], before=cursor["e"], last=2))
    assert [item for _, item in page.items] == ["c", "d"]
    assert (page.has_previous, page.has_next, page.total) == (True, True, 6)
    assert page_of(listed, Span(after=cursor["e"], before=cursor["b"])).items == ()


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (Span(usual=2), "ab"),
        (Span(usual=2, before="f"), "de"),
        (Span(usual=2, before="f", after="a"), "bc"),
        (Span(first=0), ""),
        (Span(last=0), ""),
    ],
)
def test_what_is_not_said_is_as_one_expects(span, shown):
    listed = entries("abcdef")
    cursor = {name: encode_cursor(key) for key, name in listed}
    named = Span(
        first=span.first,
        last=span.last,
        usual=span.usual,
        after=cursor.get(span.after),
        before=cursor.get(span.before),
    )
    assert "".join(item for _, item in page_of(listed, named).items) == shown


@pytest.mark.parametrize(
    "span", [Span(first=1, last=1), Span(first=-1), Span(last=-1), Span(first=101), Span(last=101)]
)
def test_a_page_that_cannot_be_is_refused(span):
    with pytest.raises(
        InvalidArgumentError, match=r"^(Give first or last, not both|(first|last) must be from 0 to 100)"
    ):
        page_of(entries("ab"), span)


@pytest.mark.parametrize("key", [(1,), ("a", -1), (-1, "a", "b"), (-1, 2)])
def test_a_cursor_of_another_list_is_refused(key):
    for span in (Span(after=encode_cursor(key)), Span(before=encode_cursor(key))):
        with pytest.raises(InvalidCursorError):
            page_of(entries("ab"), span)
