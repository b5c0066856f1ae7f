"""Which messages step aside."""

from alertd.outbox.setbacks import Setbacks


def failures_until_aside(others: int) -> int:
    """How often a message fails until it steps aside, `others` being taken after each failure."""
    setbacks, count = Setbacks(), 0
    while True:
        count += 1
        if setbacks.failed(1):
            return count
        for other in range(others):
            setbacks.took(100 + other)


def test_what_alone_is_not_taken_steps_aside_soon() -> None:
    assert failures_until_aside(others=1) == 3


def test_where_nothing_else_is_taken_either_it_stays_for_long() -> None:
    """There may be no other address to tell by: one chat must not wait for ever behind one message."""
    assert failures_until_aside(others=0) == 12


def test_what_was_taken_starts_anew() -> None:
    setbacks = Setbacks()
    for _ in range(2):
        assert not setbacks.failed(1)
        setbacks.took(2)
    setbacks.took(1)
    assert not setbacks.failed(1)
