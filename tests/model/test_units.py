"""Numbers and durations, as people write and read them."""

import pytest

from alertd.model.units import duration, number, say_duration, say_number


@pytest.mark.parametrize(
    ("text", "value"),
    [("70000", 70e3), ("70k", 70e3), ("1.5M", 1.5e6), ("2b", 2e9), ("1_000", 1000.0), (" 1e-5 ", 1e-5)],
)
def test_number(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "-1", "70 k", "1e", "k", "1__0", "٣", "0x10", "nan", "1.5MM"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        number(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0.0), ("90s", 90.0), ("1h30m", 5_400.0), ("7d", 604_800.0), ("1w", 604_800.0)]
)
def test_duration(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "1h 30m", "1y", "-5m"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        duration(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (285.0, "285"),
        (71_204.0, "71,204"),
        (70_204.5, "70,204.5"),
        (1_234.567, "1,234.57"),
        (12.3456789, "12.3457"),
        (0.1, "0.1"),
        (0.00001234, "0.00001234"),
        (1e-9, "0.000000001"),
        (1.5e9, "1,500,000,000"),
        (-4.25, "-4.25"),
        (float("nan"), "?"),
        (float("inf"), "?"),
    ],
)
def test_say_number(value: float, text: str) -> None:
    assert say_number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.4, "0s"),
        (45.0, "45s"),
        (90.0, "1m30s"),
        (900.0, "15m"),
        (3_601.0, "1h"),
        (7_800.0, "2h10m"),
        (86_401.0, "1d"),
        (190_000.0, "2d4h"),
        (604_800.0, "7d"),
    ],
)
def test_say_duration(seconds: float, text: str) -> None:
    assert say_duration(seconds) == text
