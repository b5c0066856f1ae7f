"""deploy/alerts.yml and deploy/grafana-dashboard.json: Prometheus takes them, and alertd has what they name."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from alertd.model.event import EventKind
from alertd.rows import Depth, Fate
from alertd.web.metrics import Metrics

HERE = Path(__file__).parent
DEPLOY = HERE.parents[1] / "deploy"
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())

_NAME = re.compile(r"\b(?:alertd|process)_\w+")
_LABELS = re.compile(r"\b((?:alertd|process)_\w+)\{([^}]*)\}")
_PROMETHEUS_OWN = {"job", "instance", "le"}

promtool = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(promtool is None, reason="promtool is not on this machine")


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']} {target['refId']}", target["expr"]
    for note in DASHBOARD["annotations"]["list"]:
        yield f"annotation {note['name']}", note["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["definition"]


def served() -> dict[str, set[str]]:
    """Every series that alertd serves → its labels."""
    metrics = Metrics()
    metrics.record_poll("binance", True)
    metrics.refused("binance", "nan")
    metrics.not_sent("draft")
    metrics.settled("slack", Fate.BURIED, "not_found")
    metrics.event(EventKind.FIRED)
    metrics.depth([Depth("slack", 1, 0.0)], 0.0)
    metrics.held({"cap": 1})
    metrics.heard("binance", 0.0)
    metrics.expect({"binance": 25.0})
    metrics.heartbeat("sent")
    metrics.reload(True, 0.0)
    found: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


SERVED = served()


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_in_it_is_served(where: str, expression: str) -> None:
    named = set(_NAME.findall(expression))
    assert named, where
    assert named <= SERVED.keys()
    for name, matchers in _LABELS.findall(expression):
        assert set(re.findall(r"(\w+)\s*[=!]", matchers)) - _PROMETHEUS_OWN <= SERVED[name]


@pytest.mark.parametrize(
    ("fate", "reason", "attempts", "given_up"),
    [
        (Fate.SENT, "", 1, 0),
        (Fate.DELAYED, "unavailable", 1, 0),
        (Fate.DELAYED, "rest", 0, 0),
        (Fate.BURIED, "not_found", 1, 1),
        (Fate.BURIED, "forgotten", 0, 1),
        (Fate.EXPIRED, "expired", 0, 1),
    ],
)
def test_what_was_no_attempt_is_not_counted_as_one(fate: Fate, reason: str, attempts: int, given_up: int) -> None:
    metrics = Metrics()
    metrics.settled("slack", fate, reason)
    labels = {"channel": "slack", "reason": reason}
    found = [
        metrics.registry.get_sample_value("alertd_deliveries_total", {**labels, "fate": fate.value}),
        metrics.registry.get_sample_value("alertd_given_up_total", labels),
    ]
    assert [count or 0 for count in found] == [attempts, given_up]


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "description"}


def test_every_rule_is_tried_on_figures() -> None:
    tried = yaml.safe_load((HERE / "alerts.test.yml").read_text())["tests"]
    quiet = {case["alertname"] for case in tried[0]["alert_rule_test"]}
    samples = tried[1]["promql_expr_test"][0]["exp_samples"]
    loud = {re.findall(r'alertname="(\w+)"', sample["labels"])[0] for sample in samples}
    assert quiet == loud == {rule["alert"] for rule in RULES}


@needs_promtool
@pytest.mark.parametrize("command", [("check", DEPLOY / "alerts.yml"), ("test", HERE / "alerts.test.yml")])
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(command: tuple[str, Path]) -> None:
    assert promtool is not None
    verb, path = command
    result = subprocess.run([promtool, verb, "rules", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_dashboard_can_be_imported() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert [each["name"] for each in DASHBOARD["templating"]["list"] if each["type"] == "datasource"] == ["datasource"]
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in DASHBOARD["panels"]:
        assert panel["targets"], panel["title"]
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + right, place["y"] + down) for right in range(place["w"]) for down in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
