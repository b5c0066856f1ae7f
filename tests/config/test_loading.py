"""What garbage collection does while much is loaded."""

import gc
from collections.abc import Iterator

import pytest

from alertd.config.loading import loading


@pytest.fixture
def searches() -> Iterator[list[int]]:
    """The generation of every search for garbage."""
    found: list[int] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "stop":
            found.append(about["generation"])

    gc.collect()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)
    gc.unfreeze()


def test_old_objects_are_left_alone_while_much_is_loaded(searches: list[int]) -> None:
    before = gc.get_threshold()
    with loading():
        loaded = [[number] for number in range(700_000)]
    assert 1 in searches
    assert 2 not in searches
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() > len(loaded)


def test_afterwards_all_is_as_before_even_if_it_failed(searches: list[int]) -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), loading():
        _ = 1 / 0
    assert gc.get_threshold() == before
