"""How often, and for how long, a reply is tried again."""

import pytest

from alertd.bot.patience import LASTS, Patience
from alertd.errors import DeliveryDelayed


def pauses(error: DeliveryDelayed, *, odd: bool = False, most: int = 1000) -> list[float]:
    patience, found = Patience(), list[float]()
    while len(found) < most and (wait := patience.pause(error, odd=odd)) is not None:
        found.append(wait)
    return found


def failed(*, retry_after: float | None = None, uncertain: bool = False) -> DeliveryDelayed:
    return DeliveryDelayed("no", reason="server_error", retry_after=retry_after, uncertain=uncertain)


@pytest.mark.parametrize(
    ("error", "odd", "expected"),
    [
        pytest.param(failed(), False, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 8], id="trouble"),
        pytest.param(failed(retry_after=30.0), False, [*[30.0] * 5, 32.0, *[60.0] * 6], id="asked to wait"),
        pytest.param(failed(retry_after=61.0), False, [], id="asked to wait for too long"),
        pytest.param(failed(uncertain=True), False, [1.0, 2.0, 4.0], id="may have arrived"),
        pytest.param(failed(), True, [1.0, 2.0, 4.0], id="sent elsewhere"),
    ],
)
def test_a_reply_is_tried_for_ten_minutes(error: DeliveryDelayed, odd: bool, expected: list[float]) -> None:
    found = pauses(error, odd=odd)
    assert found == expected
    assert sum(found) <= LASTS
