"""The whole machine: with the names of its parts, and with what goes in and what comes out.

The prompt and the answer stand in large letters beside it, or above it where it is wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...layout import names as thing
from ...layout.drawn import LETTER, LINE, Says, Text, fitting, text_height, text_width
from ...layout.layout import Box, Section
from ...look.views import VIEWS
from ...network.sections import ATTENTION, MLP, is_block
from ...plain import isolated
from ..framing import outlook, whole
from ..screen import wrapped
from ..screenplay import Screenplay, Tag, Take, names
from ..story import running

PARTS = 5  # names of parts in a view of everything
SQUAT = 2.4  # width by height of a model from which on the letters stand above it
WIDE = 1.2  # and of a picture up to which they do
ASIDE = 0.19  # of the model's width: the room at either side
TALL, LETTERS = 0.2, 8  # of its height: a line at most; letters of a line, about
BROAD, HIGH = 1.0, 0.32  # of the model's width and height: a line above it, at most
LIFT = 0.95  # of its size: how far the answer stands over the end of the model
AMPLE = 1.2  # times as wide as letters are on average: capitals
CLEAR = 0.65  # of its size: how much further up than the model it stands
MOST = 24  # characters of the prompt that stand there
FOOT = 0.14  # of its size: how far a line's letters reach below its middle, beyond half of it
CROSSED, SHINES = 0.7, 0.3  # of a wave's time: it crosses the machine, a sheet shines
SPECKS = frozenset(".,:;·…'’`-–_")
TOUCH = 1e-6  # what lies so close to an edge lies within it


def whole_machine(play: Screenplay, turn: float = 0.0) -> Take:
    """Everything, with the names of its parts."""
    box = whole(play.layout)
    room = box.grown(TOUCH)
    inside = [block for block in play.layout.blocks.values() if room.common(block.box) == block.box]
    azimuth, elevation = outlook(play.layout)
    view = VIEWS["plan"]
    turned, risen = azimuth - view.azimuth + turn, elevation - view.elevation
    return Take("plan", [box], names(inside), tuple(part_tags(play)), turn=turned, rise=risen)


def part_tags(play: Screenplay) -> list[Tag]:
    """The names of the outermost parts; of many, the first and the last."""
    parts = play.layout.parts
    if len(parts) > PARTS:
        parts = [*parts[: PARTS - 2], *parts[-2:]]
    return [_tag(play, section) for section in parts]


def _tag(play: Screenplay, section: Section) -> Tag:
    return Tag(play.words.part(section.name, play.trace.network.config.n_layer), section.box)


Pair = tuple[Sequence[str], str]  # what goes in, in parts that begin lines of their own; what comes out


def headlines(
    play: Screenplay, piece: str, pairs: Sequence[Pair], says: Says | None = None
) -> list[list[Text]]:
    """What goes in and what comes out, several times, of which one is to be seen at a time."""
    pairs = [([part[-MOST:] for part in given], isolated(seen(made))) for given, made in pairs]
    box = whole(play.layout)
    wide, _, high = box.size
    if play.aspect < WIDE or wide > SQUAT * high:
        texts = [f"{isolated(''.join(given)[-MOST:])} → {made}" for given, made in pairs]
        found = _above(play, piece, box, texts)
    else:
        found = _beside(play, piece, box, pairs)
    return [[replace(text, says=says) for text in texts] for texts in found]


def seen(made: str) -> str:
    """What comes out; in quotes where it is a mark so small that it would be taken for a speck."""
    mark = made.strip()
    return f"“{mark}”" if mark in SPECKS else made


def question(play: Screenplay, piece: str = "asked") -> list[Text]:
    """The prompt, and that something is to come of it."""
    return headlines(play, piece, [([running(play.story.words[: play.layout.n_prompt])], "?")])[0]


def answer(play: Screenplay) -> list[Text]:
    """The prompt, and all that the model wrote."""
    words, first = play.story.words, play.layout.n_prompt
    return headlines(play, "answered", [([running(words[:first])], running(words[first:]))])[0]


def steps(play: Screenplay) -> list[list[Text]]:
    """At every step the prompt, under it what was written to it so far, and the one token that comes out."""
    words, first = play.story.words, play.layout.n_prompt
    pairs = [
        ([running(words[:first]), running(words[first:n])], running(words[n : n + 1]))
        for n in range(first, len(words))
    ]
    return headlines(play, "step", pairs, Says("step"))


def under(play: Screenplay, texts: Sequence[Text]) -> Take:
    """The whole machine with its headline."""
    take = whole_machine(play)
    boxes = [*take.boxes, *(text.box for text in texts)]
    return replace(take, boxes=boxes, tags=tuple(_named(play)), headlines=tuple(texts))


def light(play: Screenplay, start: float, end: float) -> None:
    """A wave of light runs through the whole machine, from what goes in to what comes out."""
    parts = play.layout.parts
    seconds = end - start
    for i, section in enumerate(parts):
        low, wide = section.box.low[0], section.box.size[0]
        for block in play.layout.within(section.name):
            far = (i + (block.box.centre[0] - low) / wide) / len(parts)
            at = start + CROSSED * far * seconds
            play.flash(block, at, at + SHINES * seconds)


def _lines(text: str) -> list[str]:
    """A text in lines that break between words, and within those that are longer than a line."""
    return [part for line in wrapped(text, LETTERS) for part in _parts(line)]


def _parts(line: str) -> Iterator[str]:
    """A line in parts that are as long as so many letters."""
    part = ""
    for letter in line:
        if part and text_width(part + letter) > LETTERS * LETTER:
            yield part
            part = ""
        part += letter
    yield part


def _named(play: Screenplay) -> list[Tag]:
    """What the two halves of a block are called, at the first one; in several lines they are too small, and
    the first and the last block have names instead, and what stands before them."""
    if len(play.layout.lines) > 1:
        blocks = _blocks(play)
        return [_tag(play, section) for section in (blocks[0], blocks[-1], play.layout.parts[0])]
    first = _blocks(play)[0].path
    inside = [section for section in play.layout.sections if section.path[:-1] == first]
    halves = {ATTENTION: play.words.note("half_attention"), MLP: play.words.titles["mlp"]}
    return [Tag(halves[s.name], s.box) for s in inside if s.name in halves]


def _blocks(play: Screenplay) -> list[Section]:
    return [part for part in play.layout.parts if is_block(part.name)]


def _above(play: Screenplay, piece: str, box: Box, texts: Sequence[str]) -> list[list[Text]]:
    wide, _, high = box.size
    size = fitting(texts, BROAD * wide, HIGH * high)
    x = box.centre[0] - text_width(texts[-1], size) / 2
    at = (x, box.low[1], box.high[2] + 2.0 * play.layout.gap + CLEAR * size)
    return [[Text(thing.prop(piece, n), text, at, size, "left", "accent")] for n, text in enumerate(texts)]


def _beside(play: Screenplay, piece: str, box: Box, pairs: Sequence[Pair]) -> list[list[Text]]:
    """What goes in where the letters do, what comes out where they come out."""
    wide, _, high = box.size
    told = [
        ([_lines(isolated(part.strip())) for part in given if part], _lines(made)) for given, made in pairs
    ]
    longest = max(text_width(line) for given, made in told for lines in (*given, made) for line in lines)
    size = min(ASIDE * wide / longest, TALL * high)
    entrance = play.layout.find("tokens").box if len(play.layout.lines) == 1 else box
    middle, gap = entrance.centre[2], 2.0 * play.layout.gap
    most = max(sum(map(len, given)) for given, _ in told)
    before = [b.box for b in play.layout.blocks.values() if b.box.low[0] < box.low[0] - TOUCH]
    ceiling = min((other.low[2] for other in before), default=box.high[2]) - gap
    under = ceiling - text_height(most, size) / 2 - FOOT * size  # what reaches out before the machine
    sunk = min(0.0, under - middle)

    def block(name: str, lines: list[str], x: float, ink: str, lift: float = 0.0) -> Text:
        low = middle + lift - text_height(len(lines), size) / 2 + FOOT * size
        return Text(thing.prop(piece, name), "\n".join(lines), (x, box.low[1], low), size, "left", ink)

    def entered(n: int, given: list[list[str]]) -> list[Text]:
        """The prompt, and below it in the colour of what is chosen what was written to it."""
        above, found = 0, []
        for k, lines in enumerate(given):
            lift = sunk + LINE * size * ((most - len(lines)) / 2 - above)
            found.append(block(f"given {n} {k}", lines, left, "accent" if k else "ink", lift))
            above += len(lines)
        return found

    widest = max(text_width(line, size) for given, _ in told for part in given for line in part)
    left = box.low[0] - gap - 0.5 * size - AMPLE * widest  # all lines begin here: what is added comes after
    right, lift = box.high[0] + gap, 0.0
    tail = max(section.box.high[0] for section in _blocks(play)) + gap
    if len(play.layout.lines) == 1 and box.high[0] - tail > size * longest:
        made = max(text_width(line, size) for _, lines in told for line in lines)
        end = play.layout.find("probs").box.high[0]
        right, lift = max(tail, end - AMPLE * made), LIFT * size  # over the end, after the last block
    return [
        [*entered(n, given), block(f"made {n}", made, right, "accent", lift)]
        for n, (given, made) in enumerate(told)
    ]
