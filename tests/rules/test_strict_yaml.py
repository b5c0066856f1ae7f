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
        (b"[" * 30, (1, 21), "nested deeper than 20 levels"),
        (b"a: " + b"x" * 1_000_000, (0, 0), "larger than 1 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(content: bytes, place: tuple[int, int], message: str) -> None:
    problem = mistakes(content)[0]
    assert (problem.file, problem.line, problem.column) == ("f.yaml", *place)
    assert problem.message.startswith(message)


RULE = "rules:\n  - name: a\n"


@pytest.mark.parametrize(
    ("content", "place", "message", "hint"),
    [
        ("symbols: *", (1, 10), "* alone means something else in YAML", 'put it in quotes: "*"'),
        ("symbols: [BTC, *]", (1, 16), "* alone means something else in YAML", 'put it in quotes: "*"'),
        ("say: &", (1, 6), "& alone means something else in YAML", 'put it in quotes: "&"'),
        ("say: @desk", (1, 6), "'@' cannot begin a value in YAML", "put the whole value in quotes"),
        ("say: - x", (1, 6), "'-' cannot begin a value in YAML", "put the whole value in quotes"),
        ("say: ? x", (1, 6), "'?' cannot begin a value in YAML", "put the whole value in quotes"),
        ("when: > 70k", (1, 7), "'>' cannot begin a value in YAML", "put the whole value in quotes"),
        ("when: price > 70k: up", (1, 18), "a colon with a blank behind it cannot stand in a value",
         'put the whole value in quotes: when: "…"'),
        (f"{RULE}     symbols: BTC", (3, 6), "this line is not indented like those that it belongs to",
         "the keys of one rule or section begin in the same column"),
        (f"{RULE}    symbols: BTC\n\n     # more\n     when: x", (6, 6),
         "this line is not indented like those that it belongs to",
         "the keys of one rule or section begin in the same column"),
        (f"{RULE}   when: x", (3, 4), "this line is not indented like those that it belongs to",
         "the keys of one rule or section begin in the same column"),
        ("a:\n  b: c\n d: e", (3, 2), "this line is not indented like those that it belongs to",
         "the keys of one rule or section begin in the same column"),
        (f"{RULE}  -name: b\n    when: x", (3, 3), "a blank is missing behind the -", "write - name:"),
        ("rules\n  - name: a", (1, 1), "there is no colon with a blank behind it in this line",
         "write a key, a colon, a blank and the value"),
        ("when:price > 3\nsymbols: x", (1, 1), "there is no colon with a blank behind it in this line",
         "write a key, a colon, a blank and the value"),
        ('when: "a" b', (1, 11), "the value has ended before this: nothing can follow",
         "put the whole value in quotes"),
        ("say: {symbol} broke", (1, 15), "the value has ended before this: nothing can follow",
         "put the whole value in quotes"),
        ("a: [1, 2\nb: c", (1, 4), "this [ is not closed, or a comma is missing", "] ends it"),
        ("a: {b: c\n", (1, 4), "this { is not closed, or a comma is missing", "} ends it"),
        ('a: "x\nb: c', (1, 4), "this quote is not closed", "write the same quote again where the text ends"),
        ("a: {slack: #alerts}", (1, 12), "a comment begins here", "put what is meant as a value in quotes"),
        ("a: {slack: ]}", (1, 12), "a value is missing here", "write one, or leave its key out"),
        (r'say: "a\d"', (1, 8), r"\ begins a sign of its own within double quotes",
         "write it twice, or use single quotes"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_yaml_says_what_to_write(content: str, place: tuple[int, int], message: str, hint: str) -> None:
    (problem,) = mistakes(content.encode())
    assert (problem.line, problem.column, problem.message, problem.hint) == (*place, message, hint)


@pytest.mark.parametrize(
    ("written", "comment"),
    [
        ("buy #1", "#1"),
        ('"buy" #1 or 2', "#1 or 2"),
        ("#alerts", "#alerts"),
        ("buy # one", ""),
        ("buy#1", ""),
        ("'buy #1'", ""),
        ("buy ##", ""),
        (">\n      buy #1\n      #2", ""),
    ],
)
def test_a_comment_that_may_be_meant_as_text(written: str, comment: str) -> None:
    document = read_document("f", f"a:\n  - note: {written}\n".encode())
    assert document.swallowed(("a", 0, "note")) == comment
    assert document.swallowed(("a", 1, "note")) == document.swallowed(("a", 0, "say")) == ""


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
