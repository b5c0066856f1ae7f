"""What is said of addresses that nothing reaches any more."""

from alertd.app.gone import unreachable
from alertd.rows import DeadWay


def test_nothing_is_said_where_all_live() -> None:
    assert unreachable([]) == ""


def test_it_names_the_address_and_why() -> None:
    title, line, way_out = unreachable([DeadWay("chat", "17", "not_found", 0.0)]).splitlines()
    assert title == "an address takes nothing any more"
    assert line == "chat 17: the platform does not know the address"
    assert "alertd outbox retry --all-buried" in way_out


def test_of_many_it_names_the_last() -> None:
    lines = unreachable([DeadWay("chat", str(n), "forbidden", float(n)) for n in range(30)]).splitlines()
    assert lines[0] == "30 addresses take nothing any more"
    assert lines[1].startswith("chat 29:")
    assert lines[11] == "and 20 more"
