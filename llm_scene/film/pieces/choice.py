"""The choice: scores become chances, the likeliest wins; and what a temperature and dice make of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...layout.drawn import Align, Says, fitting, text_width
from ...network.ops import Array
from ...network.sampling import softmax
from ..example import Example
from ..excerpt import chances, read
from ..props import number
from ..shapes import Shape, cells, some, tones
from ..stage import Stage
from ..stagecraft import COMES, HERO, HOME, NUMBER, Actor, Beat, SetPiece
from ..story import told
from ..temperatures import COLD, hot_enough
from .scoring import meet, scoring

CHOICE, CHOOSING = "choice", "choosing"  # the names of both pieces
CERTAIN = 0.99  # a chance from which on cold makes it no larger
DRAWS = 9  # throws of the dice
MOST = 5  # candidates on the stage; of a larger vocabulary one less, and a row for all others
ROW, FILLED = 3.8, 0.66  # the height of a candidate's row at most, and how much of it bar and score take
HIGHER = 1.5  # times as high, in an upright picture
LETTER, SCORE = 2.2, 4.6  # widths of what stands before the bars, in stage units; letters at least
APART = 0.64  # of a row's height, by the size of its numbers
LARGER, MOST_LETTERS = 1.2, 0.24  # size of the letters in that of numbers; their share of the stage's width
ROOM, LETTER_ROOM = 0.6, 0.8  # what a score, and a letter, leave free of these widths
SHARE = 7.8  # and behind them
INSIDE = 0.2  # from a score to its cell's edges, both together
LEAST, PALEST = 0.12, 0.25  # the length of a bar that is as good as none; the colour of such a one
BESIDE = 0.9  # from the end of a bar to its share
HEADING, TITLE = 1.3, 0.6  # what the headings take above; from the top to their middle
SMALLER = 0.7  # all of it, in a narrow picture
WRITTEN, DEGREE = 1.3, 1.3  # sizes of a score and a temperature at most
HEADED = 0.9 * NUMBER  # that of a heading in an upright picture
OVER, OVERHEAD = 0.9, 1.4  # from the first row to a heading close over it; what that takes
AROUND, EDGE = 0.5, 0.16  # how much larger than its bar the frame is, and how thick
BEFORE = -0.9  # its way from the bar to the front
SEVERAL = 6  # throws that are shown at least, where letters may be as small as numbers
THROW = 2.6  # from throw to throw at most
# Parts of scores: they come, and can be read.
ARRIVE, READ = slice(0.02, 0.3), 0.32
CHANCES = slice(0.0, 0.2)  # of chances: bar after bar
MARKED = 0.02  # of chosen: the frame is there
SHOWN, BEST = slice(0.2, 0.5), 0.6  # of greedy: the bars grow, and the longest is marked
CHANGE, WARM, SHARES = slice(0.02, 0.12), 0.02, 0.12  # of a temperature: bars, scores, shares
THROWS, LOTS = slice(0.03, 0.85), slice(0.3, 0.8)  # of dice; of hot, where they are thrown at once
LANDS = slice(0.15, 0.8)  # of home: the flight of bars
ASKED, SCORED, AT_ONCE = 4.2, 1.6, 0.6  # seconds of asked, and of scores; where they have been made before
LONG, BRIEF = 3.4, 3.0  # seconds of a temperature, and where it is told beside others


def choice(example: Example, asked: bool = True, hotter: bool = False) -> SetPiece:
    """Beats: asked, scores, chances, chosen, home; with `hotter` also hot, before the last. The first is left
    out unless it is `asked` where the scores come from."""
    telling = _Telling(CHOICE, example, below=int(hotter))
    if asked:
        telling.asked()
    telling.scores()
    telling.chances(hotter)
    telling.chosen()
    if hotter:
        telling.by_lot()
    telling.home()
    return telling.piece


def temperatures(example: Example) -> SetPiece:
    """Beats: greedy, cold, hot, dice, home; without cold where the likeliest is certain anyway."""
    telling = _Telling(CHOOSING, example, below=1)
    telling.greedy()
    if not telling.certain:
        telling.at_temperature("cold", COLD, LONG)
    telling.at_temperature("hot", telling.hot, LONG)
    telling.dice()
    telling.home()
    return telling.piece


@dataclass(frozen=True, eq=False)
class _Throws:
    """What dice throw: ranks of tokens, their words, where these stand, how wide that is, their size."""

    ranks: tuple[int, ...]
    said: tuple[str, ...]
    x: Array
    wide: float
    size: float


def _pose_at(temperature: float) -> str:
    """The pose of scores that are divided by a temperature."""
    return f"divided by {temperature:g}"


class _Telling:
    """A row for each of the likeliest tokens: its letters, its score, and a bar as long as its chance.

    So many further rows are left free `below`.
    """

    def __init__(self, name: str, example: Example, below: int = 0) -> None:
        layout, trace = example.layout, example.trace
        self.trace, self.words, self.t, self.example = trace, example.words, example.focus.position, example
        self.come: Shape | None = None  # where the scores were made
        self.probs = layout.find("probs")
        self.piece = SetPiece(name, example.stage(self.probs))
        self.logits = trace["logits"][self.t].astype(float)  # [d_vocab]
        self.hot = hot_enough(self.logits)
        count = min(MOST, len(layout.candidates))
        if count < len(self.logits):
            count = min(MOST - 1, count)
        self.likely = np.argsort(-trace["probs"][self.t], kind="stable")[:count]
        self.letters = [told(candidate.text) for candidate in layout.candidates[:count]]
        self.made = layout.find("logits")
        self.degrees = (1.0, COLD, self.hot)  # temperatures
        others = int(count < len(self.logits))
        self._places(self.piece.stage, count + others, below)
        self.candidates = [self._candidate(i) for i in range(count)]
        self.rest = [self._bar(count + i, "rest") for i in range(others)]
        self.bars = self.candidates + self.rest
        self.row = self._scores()

    def _places(self, stage: Stage, count: int, below: int) -> None:
        """Where rows, letters, scores and bars stand."""
        rows = count + below
        headed = HEADING + (OVERHEAD if stage.upright else 0.0)
        room = stage.top - headed - stage.floor
        tall = HIGHER if stage.upright and not stage.square else 1.0
        row = min(tall * ROW, room / rows)
        self.high, self.heading = FILLED * row, stage.top - TITLE
        top = stage.top - headed - (room - rows * row) / 2
        self.z = top - row * (np.arange(count) + 0.5)
        self.low = top - row * (count + 0.5)
        small = SMALLER if stage.upright or stage.square else 1.0
        self.size = min(small * HERO, APART * row)
        longest = max(text_width(letter, LARGER * self.size) for letter in self.letters)
        wide = min(max(small * LETTER, longest + ROOM), MOST_LETTERS * stage.width)
        self.room = wide - LETTER_ROOM
        self.letter_x = wide / 2 - stage.reach
        figures = max(text_width(number(score)) for score in self.logits[self.likely].tolist())
        self.written = min(self.size, WRITTEN)
        self.score_wide = max(small * (SCORE - ROOM), figures * self.written + INSIDE)
        scores = self.score_wide + small * ROOM
        self.score_x = wide + scores / 2 - stage.reach
        self.left = wide + scores + small * ROOM - stage.reach
        self.full = stage.reach - small * SHARE - self.left  # the length of a certainty
        self.said = {at: chances([self._share_of(i, at) for i in range(count)]) for at in self.degrees}
        shares = max(text_width(said) for row in self.said.values() for said in row)
        self.share_size = min(self.size, (small * SHARE - BESIDE) / shares)

    def _bar(self, i: int, name: str) -> Actor:
        """The bar of a row, at every temperature."""
        actor = self.piece.actor(name, "activation", 1, signed=False)
        for pose, temperature in zip(("chance", "cold", "hot"), self.degrees, strict=True):
            actor.pose(pose, *self._length(i, self._share_of(i, temperature)))
        actor.pose("none", *self._length(i, 0.0))
        return actor

    def _candidate(self, i: int) -> Actor:
        """The bar of a candidate, and where it comes to lie in the sheet of all chances."""
        actor = self._bar(i, f"bar {i}")
        places, sizes, values = some(self.probs, self.trace, [(int(self.likely[i]), self.t)])
        actor.pose("sheet", places, sizes, values)
        return actor

    @property
    def certain(self) -> bool:
        """Whether another temperature below 1 would change nothing that can be seen."""
        return self._share_of(0, 1.0) > CERTAIN

    def _share_of(self, i: int, temperature: float) -> float:
        """The chance of a row at a temperature: a candidate's, and behind them that of all others."""
        chances = softmax(self.logits / temperature)
        if i < len(self.likely):
            return float(chances[self.likely[i]])
        return float(np.delete(chances, self.likely).sum())

    def _length(self, i: int, share: float) -> tuple[Array, Array, Array]:
        wide = max(LEAST, share * self.full)
        return cells(self.piece.stage, self.left + wide / 2, self.z[i], wide, self.high, max(share, PALEST))

    # --- beats ---

    def asked(self) -> None:
        """A learned row for each candidate makes its score."""
        found = scoring(self.example, self.made, self.likely.tolist(), self.letters)
        if found is not None:
            self.come = meet(self.piece, found, ASKED)

    def scores(self) -> None:
        """Every candidate has a score, a number of any size."""
        seconds = SCORED if self.come is None else AT_ONCE
        begin, come, told = "made", 0.0, 0.0  # where they were made, with all that stands there
        if self.come is None:
            begin, come, told = "sheet", COMES, READ
            self.come = some(self.made, self.trace, [(int(v), self.t) for v in self.likely])
        self.row.pose(begin, *self.come)
        with self.piece.beat("scores", seconds) as beat:
            for i in range(len(self.likely)):  # the winner's changes its colour
                self._letter(i, beat.at(come), beat.end + 1.0 if i == 0 else None)
            self.row.enter(begin, beat.at(0))
            self.row.to(_pose_at(1.0), beat[ARRIVE], stagger=0.4)
            self._scored(beat.at(come), beat.at(told))

    def _scores(self) -> Actor:
        """A cell for the score of every candidate, divided by every temperature."""
        raw = self.logits[self.likely]
        actor = self.piece.actor("scores", "activation", len(raw))
        row = self.score_x, self.z[: len(raw)], self.score_wide, self.high
        for degree in self.degrees:
            colours = tones(self.made, self.trace, raw / degree)
            actor.pose(_pose_at(degree), *cells(self.piece.stage, *row, colours))
        return actor

    def _scored(self, start: float, told: float) -> None:
        """Scores as the model has them."""
        for i, value in enumerate(self.logits[self.likely].tolist()):
            of = (self.made.matrix.name, self.made.cell(int(self.likely[i]), self.t))
            self.row.write(i, number(value), told, None, self.written, of)
        self._heading("scores", self.score_x, start, self.words.note("choice_scores"))

    def chances(self, at_one: bool) -> None:
        """Softmax makes chances of them: a bar for each. The temperature is said where others follow."""
        with self.piece.beat("chances", 3.0) as beat:
            for i, (start, end) in enumerate(beat.each(len(self.bars), CHANCES)):
                self.bars[i].enter("none", start)
                self.bars[i].to("chance", (start, end))
                self._share(0, i, 1.0, end, None)
            self._others(beat.at(0))
            if at_one:
                self._temperature(len(self.piece.beats) - 1, 1.0, beat.at(0), None, "faint")
            else:
                said = self.words.note("choice_chances")
                self._heading("chances", self.left + self.full / 2, beat.at(0), said)

    def chosen(self) -> None:
        """The likeliest is taken."""
        with self.piece.beat("chosen", 2.4) as beat:
            self._win(0, beat.at(MARKED), beat.end)
            self._letter(0, beat.at(0.0), None, "accent")

    def by_lot(self) -> None:
        """At another temperature the likeliest is not taken: dice decide."""
        n = len(self.piece.beats)
        self.piece.until(float(n), "letter 0")
        beat = self.at_temperature("hot", self.hot, BRIEF)
        self._letter(0, beat.at(0.0), None)
        self._throw(beat, LOTS)

    def _divided(self, temperature: float, beat: Beat) -> None:
        """What the temperature does: every score is divided by it."""
        self.row.until(beat.at(0))
        self.row.to(_pose_at(temperature), beat[:WARM])
        for i, value in enumerate(self.logits[self.likely].tolist()):
            divided = read(number(value)) / temperature  # as it is written
            self.row.write(i, number(divided), beat.at(WARM), None, self.written)
        said = self.words.note("choice_divided", value=f"{temperature:g}")
        over = (text_width(said, HEADED if self.piece.stage.upright else NUMBER) - self.score_wide) / 2
        beside = self.score_x - max(0.0, over)  # not over the bars
        self._heading(f"divided by {temperature:g}", beside, beat.at(WARM), said)

    def greedy(self) -> None:
        """Bars come beside the scores, and the longest one is marked."""
        with self.piece.beat("greedy", 3.0) as beat:
            self.row.enter(_pose_at(1.0), beat.at(COMES))
            self._scored(beat.at(COMES), beat.at(COMES))
            for i in range(len(self.likely)):
                self._letter(i, beat.at(COMES), None)
            self._others(beat.at(COMES))
            for i, bar in enumerate(self.bars):
                bar.enter("none", beat.at(SHOWN.start))
                bar.to("chance", beat[SHOWN])
                self._share(0, i, 1.0, beat.at(SHOWN.stop), beat.end)
            self._temperature(0, 1.0, beat.at(COMES), beat.end)
            self._win(0, beat.at(BEST), beat.end)

    def at_temperature(self, key: str, temperature: float, seconds: float) -> Beat:
        """The scores divided by another temperature: every bar changes its length."""
        n = len(self.piece.beats)
        self.piece.until(float(n), "share", "rest", "temperature", "heading")
        with self.piece.beat(key, seconds) as beat:
            self._divided(temperature, beat)
            for i, bar in enumerate(self.bars):
                bar.to(key, beat[CHANGE])
                self._share(n, i, temperature, beat.at(SHARES), None)
            self._temperature(n, temperature, beat.at(WARM), None)
            if key == "hot":
                self._expected(beat.at(WARM))
        return beat

    def dice(self) -> None:
        """Dice decide in these proportions: what they throw stands below."""
        with self.piece.beat("dice", 4.6) as beat:
            self._throw(beat, THROWS)

    def _throws(self) -> _Throws:
        """As many as have room in a line."""
        stage = self.piece.stage
        first = -stage.reach if stage.upright else self.left
        room = stage.reach - first
        drawn, known = self.draws(), self.example.layout.candidates
        said = [told(known[rank].text) if rank < len(known) else self.words.note("other") for rank in drawn]
        longest = max(map(text_width, said))
        several = (room / SEVERAL - LETTER_ROOM) / longest  # the size in which so many have room
        size = min(self.size, max(NUMBER, several))
        longest *= size
        count = min(DRAWS, max(1, int(room / (longest + LETTER_ROOM))))
        pitch = min(max(THROW, longest + LETTER_ROOM), room / count)
        fits = size * min(1.0, (pitch - LETTER_ROOM) / longest)
        x = first + (np.arange(count) + 0.5) * pitch
        return _Throws(tuple(drawn[:count]), tuple(said[:count]), x, pitch - LETTER_ROOM / 2, fits)

    def _expected(self, start: float) -> None:
        """Where what the dice throw will stand."""
        if not self.piece.stage.upright:
            named, at = self.words.note("drawn"), (self.score_x, self.low)
            self.piece.text("drawn", named, *at, start, None, NUMBER, ink="faint")
        throws = self._throws()
        for n, x in enumerate(throws.x.tolist()):
            self.piece.outline(f"throw {n}", x, self.low, throws.wide, self.high, start)

    def _throw(self, beat: Beat, part: slice) -> None:
        """Throw after throw."""
        throws = self._throws()
        spans = beat.each(len(throws.ranks), part, ease=0.9)
        for n, (span, rank) in enumerate(zip(spans, throws.ranks, strict=True)):
            self.bars[min(rank, len(self.bars) - 1)].glow(span)
            says = Says("rank", rank) if rank < len(self.example.layout.candidates) else None
            at, said = (float(throws.x[n]), self.low), throws.said[n]
            self.piece.text(f"draw {n}", said, *at, span[0], None, throws.size, ink="accent", says=says)

    def draws(self) -> list[int]:
        """What the dice throw: ranks of tokens, the likeliest 0."""
        chances = np.sort(softmax(self.logits / self.hot))[::-1]
        return [int(n) for n in np.random.default_rng(0).choice(len(chances), size=DRAWS, p=chances)]

    def home(self) -> None:
        """The chances become a column of the matrix of all of them."""
        with self.piece.beat("home", HOME) as beat:
            for bar in self.candidates:
                bar.to("sheet", beat[LANDS])
                bar.stays(self.probs)
            for bar in self.rest:
                bar.to("none", beat[LANDS])

    # --- parts ---

    def _letter(self, i: int, start: float, until: float | None, ink: str = "ink") -> None:
        size = fitting([self.letters[i]], self.room, LARGER * self.size)
        name = f"letter {i} {len(self.piece.beats)}"
        at, says = (self.letter_x, self.z[i]), Says("rank", i)
        self.piece.text(name, self.letters[i], *at, start, until, size, ink=ink, says=says)

    def _others(self, start: float) -> None:
        """Words for the row of those that are not told one by one; it has no score."""
        if self.rest:
            said, room = self.words.note("all_others"), self.left + self.piece.stage.reach - LETTER_ROOM
            size = fitting([said], room, min(NUMBER, self.size))
            at = self.left - LETTER_ROOM / 2, float(self.z[-1])
            self.piece.text("others", said, *at, start, None, size, "right", ink="faint")

    def _share(self, n: int, i: int, temperature: float, start: float, end: float | None) -> None:
        x = self.left + max(LEAST, self._share_of(i, temperature) * self.full) + BESIDE
        name = f"share {n} {i}" if i < len(self.likely) else f"rest {n}"
        self.piece.text(name, self.said[temperature][i], x, self.z[i], start, end, self.share_size, "left")

    def _temperature(
        self, n: int, temperature: float, start: float, end: float | None, ink: str = "accent"
    ) -> None:
        said = self.words.note("chance_at", value=f"{temperature:g}")
        align: Align = "left"
        reach, x = self.piece.stage.reach, self.left  # right of the score's heading
        room = reach - x
        if self.piece.stage.upright:
            x, align = self.left + self.full / 2, "centre"
            room = 2 * min(reach - x, x + reach)
        size = fitting([said], room, DEGREE)
        self.piece.text(f"temperature {n}", said, x, self.heading, start, end, size, align, ink)

    def _heading(self, key: str, x: float, start: float, said: str) -> None:
        """In a narrow picture close over the rows: the temperature takes the whole line above."""
        narrow = self.piece.stage.upright
        z = float(self.z[0]) + self.high / 2 + OVER if narrow else self.heading
        size = HEADED if narrow else NUMBER
        self.piece.text(f"heading {key}", said, x, z, start, None, size, ink="faint")

    def _win(self, i: int, start: float, end: float) -> None:
        """A frame in the colour of what is chosen."""
        wide = max(LEAST, self._share_of(i, 1.0) * self.full)
        around = self.left + wide / 2, self.z[i], wide + AROUND, self.high + AROUND
        self.piece.frame(f"win {i}", around, start, end, EDGE, BEFORE)
