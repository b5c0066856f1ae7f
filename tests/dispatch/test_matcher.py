"""What a label has to be, and that no expression takes longer than its value is long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.matcher import Matcher, parse

MATCHES = [
    ("equal", "critical", "critical", True),
    ("not equal", "critical", "info", False),
    ("the opposite", "!critical", "info", True),
    ("the opposite of equal", "!critical", "critical", False),
    ("nothing there", "", "", True),
    ("something there", "!", "x", True),
    ("a pattern", "~btc-.*", "btc-breakout", True),
    ("the whole value", "~btc-.*", "my-btc-breakout", False),
    ("one of two", "~btc|eth", "eth", True),
    ("not a pattern", "!~btc-.*", "eth-dip", True),
    ("in any case", "~(?i)btc", "BTC", True),
    ("letters of any script", r"~\pL+", "précio", True),
    ("a value that is no text", "~.*", "a\ud800", True),
]


@pytest.mark.parametrize(
    ("text", "value", "expected"), [case[1:] for case in MATCHES], ids=[case[0] for case in MATCHES]
)
def test_matches(text: str, value: str, expected: bool) -> None:
    assert Matcher(text).matches(value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("~(", r"'\(' is not a regular expression: missing \)", id="no end"),
        pytest.param(r"~(a)\1", "is not a regular expression: invalid escape sequence", id="looking back"),
        pytest.param("~(?=a)", "is not a regular expression: invalid perl operator", id="looking ahead"),
        pytest.param("~((a{100}){100}){100}", "is not a regular expression", id="too much"),
        pytest.param("~" + "a" * 201, "has 200 characters at most, not 201", id="too long"),
        pytest.param("~\ud800", "is not a regular expression", id="no text"),
    ],
)
def test_what_is_no_expression(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Matcher(text)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+b", "(x*a)*(a*x*)*b", ".*.*.*.*.*.*.*.*b", "(?:.*a){12}.{20}b"])
def test_a_hostile_expression_on_a_hostile_value_ends(pattern: str) -> None:
    """Where each choice may have to be taken back, this takes longer than the world is old."""
    assert not Matcher(f"~{pattern}").matches("a" * 100_000)


PARSED = [
    ("equal", "severity=critical", ("severity", "critical")),
    ("unequal", "symbol!=BTC", ("symbol", "!BTC")),
    ("a pattern", "rule=~btc-.*", ("rule", "~btc-.*")),
    ("not a pattern", "rule!~x", ("rule", "!~x")),
    ("in quotes", 'rule="my rule"', ("rule", "my rule")),
    ("in quotes, with a sign", "rule='a=b'", ("rule", "a=b")),
    ("nothing there", 'team=""', ("team", "")),
    ("with room", " severity = critical ", ("severity", "critical")),
    ("a sign in the value", "say=a=b", ("say", "a=b")),
    ("a value that looks like an operator", "rule='~x'", ("rule", r"~\~x")),
    ("the opposite of one", "rule!='!x'", ("rule", r"!~!x")),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in PARSED], ids=[case[0] for case in PARSED])
def test_parse(text: str, expected: tuple[str, str]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("critical", "expected label=value, label!=value, label=~pattern or label!~pattern, not 'critical'"),
        ("=critical", "expected label=value"),
        ("severity=", 'expected a value after severity=; severity="" is one that is not there'),
        ('rule="btc', 'expected a quote at the end of "btc'),
        ("rule=~(", r"'\(' is not a regular expression"),
    ],
)
def test_what_cannot_be_parsed(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse(text)


@given(st.text())
def test_a_value_in_quotes_is_that_value(value: str) -> None:
    if len(value) > 50:
        value = value[:50]
    _, matcher = parse(f'label="{value}"')
    assert Matcher(matcher).matches(value)
    assert not Matcher(matcher).matches(f"{value}x")
