"""How people write rules and episodes."""

import pytest

from alertd.model.episode import Meant, meant
from alertd.model.people import called, full_name


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("btc", ("", "btc", "", 0), ("", "btc", "", 0)),
        ("btc/eth/3", ("", "btc", "ETH", 3), ("", "btc/eth/3", "", 0)),
        ("a:b", ("", "a:b", "", 0), ("a", "b", "", 0)),
        ("@1.1", ("", "@1.1", "", 0), ("@1", "1", "", 0)),
        ("@12.3/btc/4", ("", "@12.3", "BTC", 4), ("@12", "3/btc/4", "", 0)),
        ("@1:1/BTC", ("", "@1:1", "BTC", 0), ("@1", "1/BTC", "", 0)),
        ("v1.2", ("", "v1.2", "", 0), ("", "v1.2", "", 0)),
    ],
)
def test_what_a_word_may_mean(word: str, first: tuple[str, str, str, int], last: tuple[str, str, str, int]) -> None:
    found = meant(word)
    assert (found[0], found[-1]) == (first, last)


@pytest.mark.parametrize(("owner", "rule", "name", "own"), [("", "btc", "btc", "btc"), ("@7", "3", "@7.3", "#3")])
def test_a_rule_is_read_as_it_is_called(owner: str, rule: str, name: str, own: str) -> None:
    assert (full_name(owner, rule), called(owner, rule)) == (name, own)
    assert Meant(owner, rule, "BTC", 2) in meant(f"{name}/BTC/2")
