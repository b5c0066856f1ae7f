"""Pydantic's errors → problems at their places."""

from typing import Literal

import pytest
from pydantic import Field

from alertd.errors import ConfigError
from alertd.rules.schema import validate
from alertd.rules.strict_yaml import read_document
from alertd.wire.secret import Secret
from alertd.wire.settings import Endpoint, Seconds, Settings


class Mail(Settings):
    sender: str = Field(alias="from")
    token: Secret = Secret("env:TOKEN")
    port: int = Field(default=25, gt=0)
    tls: Literal["starttls", "implicit"] = "starttls"
    every: Seconds = 3.0
    on: bool = True


class Whole(Settings):
    mail: dict[str, Mail] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    web: Endpoint | None = None


def said(content: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        validate(read_document("c.yaml", content.encode()), Whole)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "first", "hint"),
    [
        ("mail: {x: {}}", "c.yaml:1:8: 'from' is missing", ""),
        ("mail: {x: {from: a, prot: 3}}", "c.yaml:1:21: there is no key 'prot'", "did you mean 'port'?"),
        ("mial: {}", "c.yaml:1:1: there is no key 'mial'", "did you mean 'mail'?"),
        ("zzz: {}", "c.yaml:1:1: there is no key 'zzz'", "known here: mail, names, web"),
        ("web: {ulr: x}", "c.yaml:1:7: there is no key 'ulr'", "did you mean 'url'?"),
        ("mail: {x: {from: a, port: 3.5}}", "c.yaml:1:27: x.port: expected a whole number", ""),
        ("mail: {x: {from: a, port: 0}}", "c.yaml:1:27: x.port: expected more than 0", ""),
        ("mail: {x: {from: a, tls: no}}", "c.yaml:1:26: x.tls: expected 'starttls' or 'implicit'", ""),
        ("mail: {x: {from: a, every: 5x}}", "c.yaml:1:28: x.every: expected a duration such as 30s, 15m, 4h or 7d", ""),
        ("mail: {x: {from: a, on: maybe}}", "c.yaml:1:25: x.on: expected true or false", ""),
        ("mail: {x: {from: [a]}}", "c.yaml:1:12: x.from: expected text", ""),
        ("mail: x", "c.yaml:1:7: expected keys and values", "write mail: {name: …}"),
        ("mail: {x: 3}", "c.yaml:1:7: mail.x: expected keys and values", "write x: {from: …}"),
        ("web: 3", "c.yaml:1:6: expected keys and values", "write web: {url: …, proxy: …, ca_file: …}"),
        ("names: x", "c.yaml:1:8: expected a list", ""),
        ("names: [a, [b]]", "c.yaml:1:12: expected text", ""),
        (
            "web: {url: http://a.example}",
            "c.yaml:1:12: web.url: expected https:// (http:// only to this machine itself)",
            "",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_an_error_is_said_plainly(content: str, first: str, hint: str) -> None:
    (problem,) = said(content)
    head, *_, last = problem.split("\n")
    assert head == first
    if hint:
        assert last.strip() == hint


@pytest.mark.parametrize(
    "content",
    [
        "mail:\n  x:\n    from: a\n    token: hunter2\n",
        "mail: {x: {frm: a, token: hunter2, port: x}}",
        "web: {url: 'https://me:hunter2@a.example'}",
        "web: {proxy: 'http://me:hunter2@a.example'}",
        "mail: {x: hunter2}",
    ],
    ids=["block", "with others on its line", "url", "proxy", "in the place of a section"],
)
def test_a_secret_is_not_shown(content: str) -> None:
    problems = said(content)
    assert not any("hunter2" in problem for problem in problems)
    assert any("secret" in problem or "expected" in problem for problem in problems)


def test_all_errors_come_in_the_order_of_the_file() -> None:
    problems = said("names: x\nmail:\n  x: {port: y, zzz: 1}\nweb: 3\n")
    assert [problem.split(":")[1] for problem in problems] == ["1", "3", "3", "3", "4"]


def test_a_good_document_is_the_model() -> None:
    document = read_document("c.yaml", b"mail: {x: {from: a, port: 465, on: no}}\n")
    assert validate(document, Whole).mail["x"].port == 465
    assert validate(document, Mail, ("mail", "x")).sender == "a"
