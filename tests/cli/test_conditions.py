"""`alertd conditions`: the language from its own tables."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alertd.cli import main
from alertd.conditions.fields import FIELDS
from alertd.conditions.forms import FORMS
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.tables import described, refreshed, words


def alertd(*args: str | Path) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)


def test_all_of_it_is_listed() -> None:
    result = alertd("conditions")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line for line in lines if line.istitle() and "\t" not in line] == ["Forms", "Functions", "Fields"]
    firsts = {line.partition("\t")[0].partition("(")[0] for line in lines}
    assert firsts >= set(FUNCTIONS) | set(FIELDS)
    assert {line.partition("\t")[0] for line in lines} >= {form.form for form in FORMS}


def test_a_function_in_full() -> None:
    assert alertd("conditions", "atr").output.splitlines() == [
        "function   atr(14, 1h)",
        "kind       indicator",
        "unit       its field's",
        f"value      {FUNCTIONS['atr'].definition}",
        "arguments  n: a whole number from 2 to 500",
        "bars       85 closed ones for atr(14, 1h)",
        "reference  J. Welles Wilder, New Concepts in Technical Trading Systems, 1978",
        "example    atr(14, 1h) > 0.03 * price",
    ]


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("EMA", ["function   ema(20, 4h)"]),
        ("ema(20, 4h)", ["function   ema(20, 4h)"]),
        ("market.fear_greed", ["field      fear_greed"]),
        ("volume", ["field      volume(INTERVAL)"]),
        ("drawdown", ["function   drawdown(30d)", "field      drawdown"]),
        ("surging", ["field      momentum"]),
        ("breaks", ["form       A breaks B"]),
        (">=", ["form       A > B"]),
        ("count", ["function   count(where price down 5% in 1h)"]),
    ],
)
def test_a_word_is_found_by_what_people_write(word: str, first: list[str]) -> None:
    result = alertd("conditions", word)
    assert result.exit_code == 0
    assert [block.splitlines()[0] for block in result.output.split("\n\n")] == first


@pytest.mark.parametrize("word", words())
def test_every_word_is_told(word: str) -> None:
    assert described(word)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("emma", "did you mean 'ema'?"),
        ("bullis", "did you mean 'bullish'?"),
        ("xyzzy", "alertd conditions lists all there are"),
    ],
)
def test_a_typo_gets_the_nearest(word: str, hint: str) -> None:
    result = alertd("conditions", word)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"the language has no {word!r}; {hint}\n"


@pytest.mark.parametrize("word", ["at", "cooldown", "Symbols"])
def test_a_key_of_a_rule_is_said_to_be_one(word: str) -> None:
    result = alertd("conditions", word)
    assert (result.exit_code, result.stdout) == (1, "")
    page = "see Keys of a rule in rules/README.md"
    assert result.stderr == f"{word!r} is a key of a rule, not a word of its condition: {page}\n"


@pytest.mark.parametrize(
    ("word", "key"), [("once", "fire"), ("Times", "fire"), ("resolved", "tell"), ("ignore", "already_true")]
)
def test_a_value_of_a_key_is_said_to_be_one(word: str, key: str) -> None:
    result = alertd("conditions", word)
    assert (result.exit_code, result.stdout) == (1, "")
    page = "see Keys of a rule in rules/README.md"
    told = f"{word!r} is a value of a rule's key `{key}`, not a word of its condition: {page}\n"
    assert result.stderr == told


def test_a_page_gets_its_tables_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Mine\n\n<!-- fields -->\nold\n<!-- end of fields -->\n\nmy own words\n", encoding="utf-8")
    assert alertd("conditions", "--into", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Mine\n\n<!-- fields -->\n\n| field | what |")
    assert text.endswith(" |\n\n<!-- end of fields -->\n\nmy own words\n")
    assert "\nold\n" not in text
    assert refreshed(text) == text


def test_a_page_without_markers_stays_as_it_is() -> None:
    assert refreshed("# Mine\n<!-- forms -->\nnever closed\n") == "# Mine\n<!-- forms -->\nnever closed\n"
