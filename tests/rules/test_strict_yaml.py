"""The traps of YAML: nothing is guessed, nothing explodes, everything that is refused says where."""

from collections.abc import Callable

import pytest

from alertd.errors import ConfigError, Problem
from alertd.rules.document import Document, Path, Plain
from alertd.rules.strict_yaml import read_document

BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("ON", "ON"),
        ("true", "true"),
        ("null", "null"),
        ("~", "~"),
        ("", ""),
        ("012", "012"),
        ("0x1F", "0x1F"),
        ("12:30:45", "12:30:45"),
        ("2027-01-01", "2027-01-01"),
        ("1E9", "1E9"),
        ("1e308", "1e308"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ('"it\'s"', "it's"),
        ('"a\\tb"', "a\tb"),
        ("price > 70k and signal is bullish", "price > 70k and signal is bullish"),
        ("=", "="),
    ],
    ids=lambda text: text or "nothing",
)
def test_a_scalar_stays_the_text_that_was_written(written: str, value: str) -> None:
    assert read_document("f", f"key: {written}\n".encode()).root == {"key": value}


@pytest.mark.parametrize(
    ("content", "root"),
    [
        (b"", {}),
        (b"# nothing yet\n", {}),
        (b"---\na: 1\n", {"a": "1"}),
        (b"\xef\xbb\xbfa: 1\n", {"a": "1"}),
        (b"a: 1\r\nb: 2\r\n", {"a": "1", "b": "2"}),
        (b"<<: {a: 1}\n", {"<<": {"a": "1"}}),
        (b"a: [1, {b: 2}]\n", {"a": ["1", {"b": "2"}]}),
        (b"when: >\n  price\n  > 3\n", {"when": "price > 3\n"}),
    ],
    ids=["empty", "comment", "marker", "BOM", "CRLF", "merge key is a key", "flow", "folded"],
)
def test_what_is_taken(content: bytes, root: Plain) -> None:
    assert read_document("f", content).root == root


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"a: 1\nb: 2\na: 3\n", (3, 1), "'a' stands here twice"),
        (b"a: {b: 1, b: 2}\n", (1, 11), "'b' stands here twice"),
        (b"a: *x\n", (1, 4), "an alias"),
        (b"a: &x 1\n", (1, 4), "an anchor"),
        (b"a: !!int 3\n", (1, 4), "a tag"),
        (b"a: !!python/object:os.system {}\n", (1, 4), "a tag"),
        (b"a:\n\tb: 1\n", (2, 0), "a tab in the indentation"),
        (b"a: 1\n---\nb: 2\n", (2, 1), "a second document in one file"),
        (b"? [a]\n: 1\n", (1, 3), "a key has to be plain text"),
        (b"\xff\xfea\x00", (1, 0), "this is not UTF-8 text"),
        (b"a: 1\nb: \xe9\n", (2, 0), "this is not UTF-8 text"),
        (b"a: 1\nb: \x00\n", (2, 0), "a control character"),
        (b"a: b: c\n", (1, 5), "not YAML: mapping values are not allowed in this context"),
        (b"a: [1, 2\n", (2, 1), "not YAML: "),
        (b'a: "x\n', (2, 1), "not YAML: found unexpected end of stream"),
        (b"[" * 30, (1, 21), "nested deeper than 20 levels"),
        (b"a: " + b"x" * 1_000_000, (0, 0), "larger than 1 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(content: bytes, place: tuple[int, int], message: str) -> None:
    problem = mistakes(content)[0]
    assert (problem.file, problem.line, problem.column) == ("f.yaml", *place)
    assert problem.message.startswith(message)


def test_an_alias_bomb_is_never_built() -> None:
    messages = [problem.message for problem in mistakes(BOMB)]
    assert messages == ["an anchor", "an anchor", *["an alias"] * 4]


def test_all_mistakes_come_at_once() -> None:
    assert [problem.line for problem in mistakes(b"a: 1\na: 2\nb: !x 3\nb: 4\n")] == [2, 3, 4]


def test_a_broken_file_does_not_show_its_secrets() -> None:
    assert "hunter2" not in str(mistakes(b"a: 1\ntoken: hunter2: x\n")[0])


def mistakes(content: bytes) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read_document("f.yaml", content)
    return caught.value.problems


TEXT = b"""\
rules:
  - name: one
    when: price > 3 and
      prise < 4
    say: "prise"
    until: >
      price > 3
      or prise > 3
  - {name: two, when: 'prise > 1'}
"""


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("rules", 0, "name"), False, "one"),
        (("rules", 0, "name"), True, "name"),
        (("rules", 1, "when"), False, "'prise > 1'"),
        (("rules",), False, "rules"),
        (("rules", 0, "nowhere"), False, "name: one"),
        (("nowhere",), False, "rules:"),
    ],
)
def test_a_path_leads_to_its_place(path: Path, key: bool, place: str) -> None:
    document = read_document("f", TEXT)
    problem = document.problem(path, "wrong", key=key)
    assert problem.text[problem.column - 1 :].startswith(place)


@pytest.mark.parametrize(
    ("path", "find", "line"),
    [
        (("rules", 0, "when"), str.find, 4),
        (("rules", 0, "until"), str.find, 8),
        (("rules", 0, "say"), str.find, 5),
        (("rules", 1, "when"), str.find, 9),
    ],
    ids=["over two lines", "folded", "quoted", "in a flow"],
)
def test_a_word_of_a_sentence_is_found_in_the_file(path: Path, find: Callable[[str, str], int], line: int) -> None:
    document = read_document("f", TEXT)
    sentence = document.at(path)
    assert isinstance(sentence, str)
    problem = document.problem_within(path, Problem("wrong", "", 1, find(sentence, "prise") + 1, width=5))
    assert problem.line == line
    assert problem.text[problem.column - 1 :][: problem.width] == "prise"


def test_the_end_of_a_sentence_is_right_behind_it() -> None:
    document: Document = read_document("f", b"when: price >  # more\n")
    problem = document.problem_within(("when",), Problem("ends too early", "", 1, len("price >") + 1))
    assert problem.column == len("when: price >") + 1
