"""The note at the end of a line, and the `yes` behind a whole command: what is no part of the sentence."""

import re

SURE = ("yes", "sure")
"""What says, at the end of a whole command, that what was asked back is meant; the first is how it is spelled."""
_NOTE = re.compile(r"(?:^|(?<=[\s,\"]))note\b\s*[:=]?\s*", re.IGNORECASE)
_NOTE_QUOTED = re.compile(
    r"""(?:"((?:[^"\\]|\\.)*)"|“([^”]*)”|'([^']*)'(?!\w)|„([^“”]*)[“”]|«([^»]*)»|‘([^’]*)’(?!\w))""", re.DOTALL
)
_SURE = re.compile(rf"(?<=\s)(?:{'|'.join(SURE)})\s*$", re.IGNORECASE)
_CLOSING = {'"': '"', "“": "”", "„": "“", "«": "»"}


def without_note(text: str) -> tuple[str, str | None, bool]:
    """The line with its note blanked out (so that all else keeps its place), the note as it was written, and whether
    `yes` stands at its end."""
    start = _NOTE.search(text)
    if start is None:
        plain, sure = without_sure(text)
        return plain, None, sure
    quoted = _NOTE_QUOTED.match(text, start.end())
    if quoted is None:
        note = text[start.end() :].strip()
        return text[: start.start()] + " " * (len(text) - start.start()), note, False
    note = next(group for group in quoted.groups() if group is not None)
    if quoted.group(1) is not None:
        note = re.sub(r'\\(["\\])', r"\1", note)
    blank = " " * (quoted.end() - start.start())
    rest = text[: start.start()] + blank + text[quoted.end() :]
    plain, sure = without_sure(rest)
    return plain, note, sure


def unclosed(text: str) -> str:
    """The quote that is missing at the end of the note, "" where none is."""
    start = _NOTE.search(text)
    opened = text[start.end() :][:1] if start else ""
    return _CLOSING.get(opened, "") if start and not _NOTE_QUOTED.match(text, start.end()) else ""


def note_at(text: str, start: int = 0) -> int:
    """Where the note begins, the end of the line where there is none."""
    found = _NOTE.search(text, start)
    return found.start() if found else len(text)


def without_sure(text: str) -> tuple[str, bool]:
    """The line without the word that says that what was asked back is meant."""
    found = _SURE.search(text)
    return (text[: found.start()], True) if found else (text, False)


def quoted_note(note: str) -> str:
    """A note as it stands in a command's own text."""
    escaped = note.replace("\\", "\\\\").replace('"', '\\"')
    return f'note "{escaped}"'
