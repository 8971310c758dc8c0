"""Captions as subtitle files, SubRip (.srt) or WebVTT (.vtt)."""

from __future__ import annotations

import html
import re
from pathlib import Path

from ..errors import UserError
from ..film.film import Caption
from ..plain import ISOLATES, one_line
from ..staging.production import Production
from ..writing import whole_file

WORD_JOINER = "\u2060"
BREAK = re.compile(r"\\(?=[Nnh])")  # players that are built on libass end a line there, in any format
MARKUP = re.compile(r"<(?=\s*/?\s*[\w!?])|--(?=>)")
WIDE_BRACES = str.maketrans("{}", "\uff5b\uff5d")


def write_captions(path: Path, made: Production) -> None:
    """Write a production's captions as the suffix of `path` says; UserError for any other suffix."""
    text = subtitles(made.film.captions, path.suffix.lower())
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def subtitles(captions: list[Caption], suffix: str) -> str:
    """Captions as the text of a subtitle file with this suffix, ".srt" or ".vtt"."""
    check_suffix(suffix)
    vtt = suffix == ".vtt"
    point = "." if vtt else ","
    cues = []
    for number, caption in enumerate(captions, 1):
        text = _marked(BREAK, _lines(caption.text))
        text = _escaped(text) if vtt else _inert(text)
        cues.append(f"{number}\n{_clock(caption.start, point)} --> {_clock(caption.end, point)}\n{text}\n")
    return "\n".join(["WEBVTT\n", *cues] if vtt else cues)


def check_suffix(suffix: str) -> None:
    """Raise UserError unless there is a kind of subtitles with this suffix."""
    if suffix.lower() not in (".srt", ".vtt"):
        raise UserError(f"Captions are written as .srt or .vtt, not {suffix or 'without a suffix'}.")


def _clock(seconds: float, point: str) -> str:
    """`00:01:02,345`."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _lines(text: str) -> str:
    """A text without blank lines, which would end a cue; it is never empty."""
    lines = (one_line(line, kept=ISOLATES) for line in text.splitlines())
    return "\n".join(line for line in lines if line) or "…"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _inert(text: str) -> str:
    """A text in which players find no markup: SubRip has no way to escape its own.

    Players hide all between two braces, so those become wide ones.
    """
    return _marked(MARKUP, text.translate(WIDE_BRACES))


def _marked(what: re.Pattern[str], text: str) -> str:
    """A text with a mark, which is not seen, behind what would begin markup, such as a token called <bos>."""
    return what.sub(lambda found: f"{found[0]}{WORD_JOINER}", text)
