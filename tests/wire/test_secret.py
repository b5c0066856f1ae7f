"""Secrets are references."""

import os
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from alertd.errors import ConfigError
from alertd.wire.secret import Secret, redact
from alertd.wire.settings import Settings


class Section(Settings):
    token: Secret


@pytest.mark.parametrize("literal", ["hunter2", "123456:AAcanary", "https://hooks.example/T0/canary"])
def test_a_literal_is_refused_with_the_way_to_mend_it(literal: str) -> None:
    with pytest.raises(ValidationError, match="file:/etc/alertd/keys") as raised:
        Section.model_validate({"token": literal})
    assert literal not in str(raised.value)


@pytest.mark.parametrize("nothing", ["", "env:", "file:", "cred:"])
def test_a_reference_to_nothing_is_refused(nothing: str) -> None:
    with pytest.raises(ValidationError, match="env:NAME"):
        Section.model_validate({"token": nothing})


def test_every_kind_of_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(" canary-file\n")
    monkeypatch.setenv("ALERTD_TEST_KEY", "canary-env")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Secret("env:ALERTD_TEST_KEY").reveal() == "canary-env"
    assert Secret(f"file:{tmp_path}/key").reveal() == "canary-file"
    assert Secret("cred:key").reveal() == "canary-file"
    assert Secret("cred:../../key").reveal() == "canary-file", "a credential is a name, never a path"


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("env:ALERTD_TEST_NONE", "not set"),
        ("file:/nowhere/at/all", "No such file"),
        ("file:/tmp", "Is a directory"),
        ("file:\0", "not a path"),
        ("cred:key", "not set"),
    ],
)
def test_what_cannot_be_read_is_named(reference: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match=why) as raised:
        Secret(reference).reveal()
    assert reference in str(raised.value)


@pytest.mark.parametrize(("content", "why"), [(b" \n", "is empty"), (b"\xff\xfe", "not text")])
def test_a_file_without_a_secret(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ConfigError, match=why):
        Secret(f"file:{tmp_path}/key").reveal()


def test_a_file_is_read_anew(tmp_path: Path) -> None:
    secret = Secret(f"file:{tmp_path}/key")
    for value in ("canary-first", "canary-next"):
        (tmp_path / "key").write_text(value)
        assert secret.reveal() == value


@pytest.mark.parametrize("age", [0, 3600], ids=["changed just now", "settled long ago"])
def test_a_file_of_another_time_is_another_secret(age: int, tmp_path: Path) -> None:
    secret, path = Secret(f"file:{tmp_path}/key"), tmp_path / "key"
    now = time.time() - age
    for number, value in enumerate(("canary-one", "canary-two")):
        path.write_text(value)
        os.utime(path, (now + number, now + number))
        assert [secret.reveal() for _ in range(3)] == [value] * 3
    path.unlink()
    with pytest.raises(ConfigError, match="No such file"):
        secret.reveal()


def test_it_prints_as_its_reference_and_is_blotted_out_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("99:never-seen/x")
    secret = Secret(f"file:{tmp_path}/key")
    assert redact("99:never-seen/x") == "99:never-seen/x", "unknown until it is revealed"
    secret.reveal()
    assert "never-seen" not in repr(secret)
    assert (
        redact("GET /bot99:never-seen/x/send and /bot99%3Anever-seen%2Fx") == "GET /bot[secret]/send and /bot[secret]"
    )
    assert secret == Secret(secret.reference)
    assert {secret} == {Secret(secret.reference)}
