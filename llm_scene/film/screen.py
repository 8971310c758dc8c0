"""What is written on the picture itself: captions below, the running head at the upper left.

In units of half the picture's longer side from its middle, so that one text fits every size of picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..layout.drawn import LETTER, LINE, text_width
from ..look.views import CAPITAL, WIDTH
from .film import EASINGS, Caption, Film
from .framing import halves

CREDITED = 2.5  # seconds that the credit stands at least, if the first chapter is as long
CAPTION, HEAD, CREDIT = 23.0, 20.0, 16.8  # sizes of type, in pixels of a picture `WIDTH` wide
BELOW, ASIDE = 17.0, 16.0  # pixels between text and the edges of the picture
DESCENT = 0.22  # how far letters reach below their baseline, in sizes of type
ROOM = 0.92  # of the picture's width, for a line of a caption
EDGE = 9  # points across the edge of a shade that ends in the picture
FADING = 5  # so many times the margin, until the shade behind a running head has faded
SHADE = 1.25  # how far shades reach into the picture, of the way to the far side of their texts
PAUSE = 1.5  # seconds between two captions over which their shade stays
WIDE = 0x2E80  # from this letter on they are East Asian, and parted anywhere


@dataclass(frozen=True)
class ScreenText:
    """Lines on the picture; `at` is the last line's baseline, in the middle or at the left by `align`."""

    name: str
    text: str
    at: tuple[float, float]
    size: float
    align: str
    start: float
    end: float


Corners = tuple[tuple[float, float, float], ...]  # x, y, and what of the ground is covered
Faces = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Shade:
    """A soft strip behind texts: its outline, how much it covers at each corner, and when it is there."""

    name: str
    corners: Corners
    faces: Faces
    runs: tuple[tuple[float, float], ...]  # seconds from, until


def shades(film: Film) -> list[Shade]:
    """What hangs behind captions and running heads."""
    x, y = (half / (WIDTH / 2) for half in halves(film.aspect))
    over = 1.02  # of the picture, so that no edge shows
    lines = max((said.text.count("\n") + 1 for said in _captions(film)), default=1)
    found = []
    if film.captions:
        far = BELOW + CAPTION * (CAPITAL + LINE * (lines - 1))
        low, high = -over * y, SHADE * far * 2 / WIDTH - y
        strip = ((-over * x, low, 1.0), (over * x, low, 1.0), (over * x, high, 0.0), (-over * x, high, 0.0))
        found.append(Shade("caption shade", strip, ((0, 1, 2, 3),), _runs(film.captions)))
    if film.heads:
        right = max(head_corner(head.text, film.aspect)[0] for head in film.heads) * x
        low, high = y - SHADE * (ASIDE + HEAD * CAPITAL) * 2 / WIDTH, over * y
        end = right + FADING * ASIDE * 2 / WIDTH
        fading = 1 - np.array([EASINGS["smooth"](share) for share in np.linspace(0, 1, EDGE)])
        columns = [(-over * x, 1.0), *zip(np.linspace(right, end, EDGE), fading, strict=True)]
        rows = list(zip(np.linspace(high, low, EDGE), fading, strict=True))
        found.append(Shade("head shade", *_woven(columns, rows), _runs(film.heads)))
    return found


def _woven(
    columns: Sequence[tuple[float, float]], rows: Sequence[tuple[float, float]]
) -> tuple[Corners, Faces]:
    """A strip that covers at each corner as much as its column and its row do together."""
    n = len(columns)
    corners = tuple((float(x), float(y), float(across * down)) for y, down in rows for x, across in columns)
    starts = [row * n + column for row in range(len(rows) - 1) for column in range(n - 1)]
    return corners, tuple((i + n, i + n + 1, i + 1, i) for i in starts)


def head_corner(text: str, aspect: float) -> tuple[float, float]:
    """How far a running head reaches to the right and down, in halves of the picture."""
    x, y = halves(aspect)
    return (ASIDE + text_width(text, HEAD)) / x - 1, 1 - (ASIDE + HEAD * (CAPITAL + DESCENT)) / y


def caption_edge(text: str, aspect: float) -> float:
    """How far up a caption reaches, in halves of the picture."""
    x, y = halves(aspect)
    lines = len(wrapped(text, 2 * x * ROOM / (CAPTION * LETTER)))
    return (BELOW + CAPTION * (CAPITAL + LINE * (lines - 1))) / y - 1


def _runs(texts: Sequence[Caption]) -> tuple[tuple[float, float], ...]:
    """When texts are there, joined where hardly anything is between them."""
    times = [(text.start, text.end) for text in texts]
    joined = [times[0]]
    for start, end in times[1:]:
        if start - joined[-1][1] < PAUSE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def screen_texts(film: Film) -> list[ScreenText]:
    """All captions and running heads of a film, in their places."""
    x, y = (half / (WIDTH / 2) for half in halves(film.aspect))
    unit = 2 / WIDTH
    top = y - (ASIDE + HEAD * CAPITAL) * unit
    heads = [
        ScreenText(
            f"head {n}", head.text, (-x + ASIDE * unit, top), HEAD * unit, "left", head.start, head.end
        )
        for n, head in enumerate(film.heads)
    ]
    return _captions(film) + heads + _credit(film, (x - ASIDE * unit, top), CREDIT * unit)


def _captions(film: Film) -> list[ScreenText]:
    x, y = (half / (WIDTH / 2) for half in halves(film.aspect))
    unit = 2 / WIDTH
    widest = 2 * x * ROOM / (CAPTION * unit * LETTER)
    return [
        ScreenText(
            f"caption {n}",
            "\n".join(wrapped(caption.text, widest)),
            (0.0, -y + BELOW * unit),
            CAPTION * unit,
            "centre",
            caption.start,
            caption.end,
        )
        for n, caption in enumerate(film.captions)
    ]


def _credit(film: Film, at: tuple[float, float], size: float) -> list[ScreenText]:
    """Whose model it is, at the upper right of the first picture, where the model's files tell."""
    if not film.credit:
        return []
    first = film.chapters[0]
    left = max([first.start + CREDITED, *(head.end for head in film.heads[:1])])
    return [ScreenText("credit", film.credit, at, size, "right", first.start, min(left, first.end))]


def wrapped(text: str, widest: float) -> list[str]:
    """A text in as few lines as fit, about equally long; `widest` in Latin letters."""
    count = max(1, -int(-_letters(text) // widest))
    while True:
        for about in (max(_letters(text) / count, 1.0), widest):
            lines = _filled(text, about, widest)
            if len(lines) <= count:
                return lines
        count += 1


def joined(lines: Sequence[str]) -> str:
    """Lines as one text again: with blanks between words, without any between East Asian letters."""
    text = ""
    for line in (line.strip() for line in lines):
        close = bool(text) and ord(text[-1]) > WIDE and ord(line[:1] or " ") > WIDE
        text += line if close or not text else f" {line}"
    return text.strip()


def _filled(text: str, about: float, widest: float) -> list[str]:
    """Lines that end as soon as they are `about` full, and never wider than `widest`."""
    lines, line = [], ""
    for word in (part for whole in _words(text) for part in _broken(whole, widest)):
        if line and (_letters(line) >= about or _letters(line + word.rstrip()) > widest):
            lines.append(line.strip())
            line = ""
        line += word
    return [*lines, line.strip()]


def _broken(word: str, widest: float) -> Iterator[str]:
    """A word; in parts where it is wider than a line."""
    part = ""
    for letter in word:
        if part and _letters(part + letter.rstrip()) > widest:
            yield part
            part = ""
        part += letter
    yield part


def _letters(text: str) -> float:
    """How long a text is, in Latin letters."""
    return text_width(text) / LETTER


def _words(text: str) -> list[str]:
    """What may be parted: words with the blank after them, and East Asian letters one by one."""
    found, word = [], ""
    for letter in text:
        if ord(letter) > WIDE:
            found += [word, letter] if word else [letter]
            word = ""
        elif letter == " ":
            found.append(word + " ")
            word = ""
        else:
            word += letter
    return [*found, word] if word else found
