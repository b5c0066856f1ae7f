"""What a reload takes, and what it refuses: rule files that are gone for a moment take no rules away."""

from pathlib import Path

import pytest

from alertd.app.reload import read_again
from alertd.config import Config, load
from alertd.errors import ConfigError
from tests.fakes import START

CONFIG = """\
version: 1
sources: {binance: {}}
prices: binance
channels: {console: {}}
receivers: {me: {console: me}}
route: {to: me}
rules: [rules/*.yaml, more/*.yaml]
"""

RULES = "version: 1\nrules: [{name: %s, symbols: BTC, when: price > 70k, cooldown: 1h}]\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """With a rule file for the first pattern, and none for the second."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "more").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULES % "a")
    (tmp_path / "alertd.yaml").write_text(CONFIG)
    return load(tmp_path / "alertd.yaml")


def again(config: Config) -> tuple[Config, list[str]]:
    new, loaded = read_again(config, (), START)
    return new, [rule.name for rule in loaded.rules]


def test_a_pattern_that_never_matched_is_no_reason_to_refuse(config: Config) -> None:
    assert config.unmatched == (str(config.path.parent / "more/*.yaml"),)
    assert again(config)[1] == ["a"]


def test_files_that_are_gone_are_refused_until_they_are_back(config: Config) -> None:
    file = config.path.parent / "rules" / "a.yaml"
    file.unlink()
    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            read_again(config, (), START)
        assert str(caught.value) == (
            f"rules: no file matches {file.parent}/*.yaml: its rules stay; an empty file takes its rules away"
        )
    file.write_text(RULES % "b")
    assert again(config)[1] == ["b"]


def test_an_empty_file_takes_its_rules_away(config: Config) -> None:
    (config.path.parent / "rules" / "a.yaml").write_text("")
    assert again(config)[1] == []


def test_another_file_of_the_pattern_is_enough(config: Config) -> None:
    rules = config.path.parent / "rules"
    (rules / "b.yaml").write_text(RULES % "b")
    (rules / "a.yaml").unlink()
    assert again(config)[1] == ["b"]


def test_what_matched_since_is_missed_as_well(config: Config) -> None:
    more = config.path.parent / "more" / "b.yaml"
    more.write_text(RULES % "b")
    new, names = again(config)
    assert (new.unmatched, names) == ((), ["a", "b"])
    more.unlink()
    with pytest.raises(ConfigError, match=r"no file matches .*more/\*\.yaml"):
        read_again(new, (), START)


def test_a_pattern_that_is_left_out_takes_its_rules_away(config: Config) -> None:
    config.path.write_text(CONFIG.replace("[rules/*.yaml, more/*.yaml]", "more/*.yaml"))
    assert again(config)[1] == []


def test_a_new_pattern_has_to_match(config: Config) -> None:
    config.path.write_text(CONFIG.replace("rules/*.yaml", "ruls/*.yaml"))
    with pytest.raises(ConfigError, match=r"no file matches .*ruls/\*\.yaml"):
        read_again(config, (), START)
