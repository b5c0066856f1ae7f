"""Commands as the parser makes them."""

from alertd.bot.asking import Reply, plain
from alertd.bot.language.command import Command


def command(name: str, *symbols: str, when: str = "", words: tuple[str, ...] = (), **options: str) -> Command:
    """`for_` is the option `for`."""
    named = {key.rstrip("_"): value for key, value in options.items()}
    parts = [name, *words, ", ".join(symbols), when, *(f"{key} {value}" for key, value in named.items())]
    text = " ".join(part for part in parts if part)
    return Command(name=name, symbols=symbols, condition=when, words=words, options=named, text=text)


def labels(reply: Reply) -> list[str]:
    return [button.label for button in reply.said.buttons]


def text(reply: Reply) -> str:
    return plain(reply)
