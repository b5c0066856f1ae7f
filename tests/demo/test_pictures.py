"""The pictures of messages: what is in them, and that those of the README are there."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from alertd.demo.pictures.paint import LARGEST, STYLES, WIDTH, Shown, paint
from alertd.demo.pictures.talks import Screen, first
from alertd.demo.platforms.record import Received, Record

FOLDER = Path(__file__).parents[2] / "deploy" / "pictures"
ANSWER = Shown("Alert #1: BTC: price > 70000\nOnce.\nBTC is at 65,000.", buttons=("Delete", "Chart"))


def chart(colour: str = "#ff00ff") -> bytes:
    """A picture that is found again by its colour."""
    image = Image.new("RGB", (800, 450), colour)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def drawn(platform: str, *messages: Shown) -> Image.Image:
    png = paint(platform, messages)
    assert len(png) <= LARGEST
    return Image.open(BytesIO(png)).convert("RGB")


def count(image: Image.Image, colour: tuple[int, int, int]) -> int:
    return image.tobytes().count(bytes(colour))


@pytest.mark.parametrize("platform", STYLES)
def test_more_messages_make_it_taller(platform: str) -> None:
    one, two = drawn(platform, ANSWER), drawn(platform, Shown("/alert BTC > 70k", mine=True), ANSWER)
    assert one.width == two.width == WIDTH
    assert two.height > one.height


@pytest.mark.parametrize("platform", STYLES)
def test_buttons_take_their_room(platform: str) -> None:
    heights = [drawn(platform, ANSWER._replace(buttons=("A",) * number)).height for number in (0, 1, 3, 4)]
    assert heights[0] < heights[1] == heights[2] < heights[3]


@pytest.mark.parametrize("platform", STYLES)
def test_the_chart_is_in_it(platform: str) -> None:
    assert count(drawn(platform, ANSWER), (255, 0, 255)) == 0
    shown = count(drawn(platform, ANSWER._replace(picture=chart())), (255, 0, 255))
    assert shown > 500 * 250


@pytest.mark.parametrize("platform", STYLES)
def test_a_long_word_and_a_long_text_stay_on_the_page(platform: str) -> None:
    image = drawn(platform, Shown("word " * 200), Shown("/x " + "y" * 30, mine=True))
    paper = image.getpixel((0, 0))
    edge = image.crop((WIDTH - 4, 0, WIDTH, image.height))
    assert edge.getcolors() == [(4 * image.height, paper)]


@pytest.mark.parametrize(
    ("sign", "colour"), [("\N{BELL}", (232, 160, 32)), ("\N{WHITE HEAVY CHECK MARK}", (24, 128, 56))]
)
def test_a_sign_is_drawn(sign: str, colour: tuple[int, int, int]) -> None:
    assert count(drawn("slack", Shown("BTC")), colour) == 0
    assert count(drawn("slack", Shown(f"{sign} BTC")), colour) >= 10


def test_what_is_too_large_is_told() -> None:
    noise = Image.effect_noise((800, 450), 100).convert("RGB")
    ImageDraw.Draw(noise).point((0, 0), "red")
    out = BytesIO()
    noise.save(out, "PNG")
    with pytest.raises(ValueError, match="telegram: the picture has"):
        paint("telegram", [Shown("noise", picture=out.getvalue())])


# ── what was got ─────────────────────────────────────────────────────────────────────────────────────────────────


def got(text: str, ref: str, *, channel: str = "telegram", edits: str = "", picture: bytes = b"") -> Received:
    callbacks = (("Snooze 1 h", "x"),) if text.startswith("BTC") else ()
    return Received(channel, "77", "", text, 0.0, ref=ref, edits=edits, callbacks=callbacks, picture=picture)


class Ann:
    """Somebody whose words the platform answers as the test says."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.pressed: list[str] = []

    async def says(self, text: str) -> None:
        self._record.take(got(f"added {text}", "1"))
        self._record.take(got("for others", "1", channel="slack"))
        self._record.take(got("BTC 67,791", "2"))
        self._record.take(got("", "2", edits="2", picture=b"png"))

    async def presses(self, button: str) -> None:
        self.pressed.append(button)
        if button == "Why":
            self._record.take(got("the story", "3"))
        else:
            self._record.take(got("BTC snoozed", "2", edits="2"))


async def test_a_message_is_shown_as_it_stands_in_the_end() -> None:
    record = Record()
    ann = Ann(record)
    shown = await Screen("telegram", record, ann).converse()
    assert ann.pressed == ["Snooze 1 h", "Why"]
    assert shown == [
        Shown("/alert BTC -3% 1h", mine=True),
        Shown("added /alert BTC -3% 1h"),
        Shown("BTC snoozed", buttons=("Snooze 1 h",), picture=b"png"),
        Shown("the story"),
    ]


async def test_the_first_is_found_among_what_came_before() -> None:
    record = Record()
    record.take(got("one", "1"))
    record.take(got("two", "2"))
    assert (await first(record, lambda each: each.text == "two")).ref == "2"


@pytest.mark.parametrize("platform", STYLES)
def test_the_readmes_picture_is_there(platform: str) -> None:
    path = FOLDER / f"{platform}.png"
    assert path.stat().st_size <= LARGEST
    with Image.open(path) as image:
        assert image.width == WIDTH
        assert image.format == "PNG"
