"""Names → numbers."""

from hypothesis import given
from hypothesis import strategies as st

from alertd.rules.directory import Directory, hash_of

keys = st.integers(0, 30).map(lambda number: f"desk\0rule {number}".encode())


@given(st.lists(st.tuples(st.booleans(), keys)), st.integers(0, 40))
def test_it_finds_what_is_there_and_nothing_else(steps: list[tuple[bool, bytes]], rebuilt_after: int) -> None:
    there: list[bytes | None] = []
    directory, numbers = Directory(there), dict[bytes, int]()
    for turn, (puts, key) in enumerate(steps):
        if puts and key not in numbers:
            numbers[key] = len(there)
            there.append(key + b"\0price > 1\0\0\0")
            directory.add(key, numbers[key])
        elif not puts and key in numbers:
            directory.remove(key)
            there[numbers.pop(key)] = None
        if turn == rebuilt_after:
            directory.rebuild()
        assert [directory.find(f"desk\0rule {number}".encode()) for number in range(31)] == [
            numbers.get(f"desk\0rule {number}".encode()) for number in range(31)
        ]


def test_many_at_once() -> None:
    there: list[bytes | None] = [b"\0%d\0\0\0\0" % number if number % 3 else None for number in range(100_000)]
    directory = Directory(there)
    directory.rebuild()
    assert all(directory.find(b"\0%d" % number) == (number if number % 3 else None) for number in range(100_000))
    assert directory.nbytes() < 8 * 100_000


def test_the_store_finds_its_hashes_again_in_another_process() -> None:
    assert hash_of(b"desk\0breakout") == 2161525886
