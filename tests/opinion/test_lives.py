"""Lives of alerts, line by line, as DESIGN.md §5 tells them: what either opinion has to say."""

from dataclasses import replace
from math import inf

import pytest

from tests.fakes import START
from tests.opinion.engine import Engine
from tests.opinion.life import Terms
from tests.opinion.opinion import Opinion
from tests.opinion.script import SIDES, play, rule
from tests.opinion.sentence import And, Compare, Cross, Flip, Is, Or
from tests.opinion.values import Change, Field, Num, Pct

PRICE = Field("price")
OVER = rule(Compare(PRICE, ">", Num(100)))
BELOW = Compare(PRICE, "<", Num(90))
CROSS = rule(Cross(PRICE, "crosses above", Num(100)))
FLIP = rule(Flip(Field("signal")))
BULL = rule(Is(Field("signal"), "bullish"))

Case = tuple[str, Terms, str, list[str]]

LIVES: list[Case] = [
    ("at once", OVER, "0:99 60:101 180:100", ["60 fired 1", "180 resolved 1"]),
    ("for", replace(OVER, for_=90), "0:99 60:101 400:102", ["150 fired 1"]),
    ("for: NO begins anew", replace(OVER, for_=90), "0:99 60:101 90:99 100:101 400:-", ["190 fired 1"]),
    (
        "keep_firing_for",
        replace(OVER, keep_firing_for=120),
        "0:99 60:101 120:99 180:101 240:99 500:-",
        ["60 fired 1", "360 resolved 1"],
    ),
    (
        "until alone ends it",
        replace(OVER, until=BELOW),
        "0:99 60:101 120:95 180:102 240:89 300:101",
        ["60 fired 1", "240 resolved 1", "300 fired 2"],
    ),
    (
        "none opens while until is YES",
        replace(OVER, until=BULL.when),
        "0:99,signal=bullish 1:101 9:signal=bearish",
        ["9 fired 1"],
    ),
    (
        "cooldown: still YES when it ends",
        replace(OVER, cooldown=300),
        "0:99 60:101 120:99 180:101 600:-",
        ["60 fired 1", "120 resolved 1", "360 fired 2"],
    ),
    (
        "cooldown: a momentary is dropped",
        replace(CROSS, cooldown=300),
        "0:99 60:101 120:99 180:101 600:-",
        ["60 fired 1", "60 resolved 1"],
    ),
    (
        "a momentary episode ends with its tick",
        FLIP,
        "0:signal=bullish 1:signal=bearish 2:signal=bullish",
        ["1 fired 1", "1 resolved 1", "2 fired 2", "2 resolved 2"],
    ),
    (
        "a momentary with until",
        replace(CROSS, until=BELOW),
        "0:99 1:101 2:99 3:101 4:89",
        ["1 fired 1", "4 resolved 1"],
    ),
    (
        "a momentary kept firing, and true again",
        replace(CROSS, keep_firing_for=60),
        "0:99 1:101 2:99 3:101 100:-",
        ["1 fired 1", "63 resolved 1"],
    ),
    (
        "until: YES has lasted since the end",
        replace(OVER, until=Compare(PRICE, ">", Num(110)), for_=60),
        "0:99 1:101 70:101 71:111 72:105 200:-",
        ["61 fired 1", "71 resolved 1", "131 fired 2"],
    ),
    (
        "a window that moved on at a reminder",
        replace(rule(Compare(Change(PRICE, 60), ">", Pct(2))), remind=100),
        "0:95 60:97 180:99 181:99.1",
        ["60 fired 1", "160 resolved 1", "180 fired 2"],
    ),
    ("once", replace(OVER, fire=1), "0:99 60:101 120:99 180:101", ["60 fired 1", "120 resolved 1"]),
    (
        "remind",
        replace(OVER, remind=600),
        "0:99 60:101 1300:99 3000:-",
        ["60 fired 1", "660 reminded 1", "1260 reminded 1 #2", "1300 resolved 1"],
    ),
    ("expires", replace(OVER, expires=START + 600), "0:99 60:101 900:99", ["60 fired 1", "600 resolved 1 expired"]),
    (
        "first look: told, and nothing is spent",
        replace(OVER, already_true="tell", for_=60),
        "0:101 60:99 120:101 200:-",
        ["0 already_true", "180 fired 1"],
    ),
    ("first look: ignored", replace(OVER, already_true="ignore", fire=1), "0:101 60:99 120:101", ["120 fired 1"]),
    ("first look: an episode, whatever for says", replace(OVER, for_=3600), "0:101 60:102", ["0 fired 1"]),
    ("older than the last: refused", OVER, "0:99 60:99 90@30:101", []),
    ("more than a minute ahead: refused", OVER, "0:99 60@121:101", []),
    (
        "a confirmation is no reading",
        CROSS,
        "0:99 60:101 120:price=same 180@60:101",
        ["60 fired 1", "60 resolved 1"],
    ),
]

STALE: list[Case] = [
    (
        "for: what it leads to waits for the next known verdict",
        replace(OVER, for_=120),
        "0:99 90:101 350:- 400:102",
        ["400 fired 1"],
    ),
    (
        "remind: one for all that passed",
        replace(OVER, remind=60),
        "0:99 60:101 350:- 400:102 430:103",
        ["60 fired 1", "120 reminded 1", "400 reminded 1 #5", "420 reminded 1 #6"],
    ),
    (
        "remind: known again by a confirmation",
        replace(OVER, remind=100),
        "0:99 1:101 130@1:101 210:-",
        ["1 fired 1", "201 reminded 1 #2"],
    ),
    ("no data", replace(BULL, no_data=0.0), "0:signal=bearish 300:-", ["100 no_data signal"]),
    ("no data: told after", replace(BULL, no_data=240.0), "0:signal=bearish 300:-", ["240 no_data signal"]),
    (
        "no data: counted from the last word of any source",
        replace(OVER, no_data=240.0),
        "0:99 50:coingecko.=99 300:-",
        ["290 no_data price"],
    ),
    (
        "failover: to the next, on its own history",
        OVER,
        "0:99,coingecko.=98 90:coingecko.=98 150:coingecko.=101",
        ["150 fired 1"],
    ),
    (
        "failover: nothing is judged across the seam",
        OVER,
        "0:99 90:coingecko.=101 150:- 160:coingecko.=102",
        ["160 fired 1"],
    ),
    (
        "failover: nor on the way back",
        OVER,
        "0:99 90:coingecko.=98 150:coingecko.=97 200:101 210:102",
        ["210 fired 1"],
    ),
    (
        "failover: of one field is none of another",
        rule(Or((FLIP.when, And((OVER.when, CROSS.when))))),
        "0:99,signal=bullish 90:coingecko.=98 150:signal=bearish 151:-",
        ["150 fired 1", "150 resolved 1"],
    ),
]

CASES = [(case, inf) for case in LIVES] + [(case, 100.0) for case in STALE]


@pytest.mark.parametrize("kind", SIDES, ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize(("case", "stale_after"), CASES, ids=[case[0] for case, _ in CASES])
def test_life(case: Case, stale_after: float, kind: type[Opinion | Engine]) -> None:
    _, terms, script, expected = case
    assert play(kind, terms, script, stale_after) == expected
