"""The pen that writes chapters: it knows how far the film has come and what has been computed by then."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..layout import names as thing
from ..layout.drawn import Text
from ..layout.layout import Block, Box, Layout, Letter
from ..look.views import VIEWS
from ..network.activations import ACTIVATIONS
from ..network.trace import Trace
from .example import Example
from .film import Caption, Chapter, Cue, Pose, Shot
from .framing import (
    NEAR,
    SAFE,
    Safe,
    covered,
    frame,
    overview,
    part_in_view,
    pixels_a_unit,
    reaches,
    smallest_cell,
    whole,
)
from .front import begin, done, written
from .piece import Piece, Window
from .props import Prop, share_text
from .screen import caption_edge, head_corner
from .stagecraft import SetPiece
from .story import Focus, Story, clearest_head, quoted, told
from .words import SHORTEST, Words, reading_time

EXACT = 1e-4  # of a frame: so little earlier is the same frame
LANDED = 0.2  # seconds after which a caption follows the camera
LINGER = 0.4  # seconds a finished step stays
BREATH = 0.05  # seconds between two captions of the same picture
FADE = 0.5  # seconds in which things dim and come back
ON_THE_WAY = (0.3, 0.5, 0.7)  # shares of a travel at which it must show something
CLEAR = 0.03  # of half the picture: between a subject and what is written on the picture
# Between which kinds of shots the camera travels; between others it would pass through sheets, or cut them.
WAYS = {"plan": ("plan",), "walk": ("walk",), "detail": ("detail",)}
EMPTY = 0.15  # of the picture: less is as good as nothing
LONGEST, QUICKEST = 2.6, 1.0  # seconds a travel takes
AHEAD, FILLED = 1.0, 0.5  # seconds before a detail is seen, and of its time: while it is computed
UNSEEN = 0.45  # of the first beat of a piece between cuts: what has happened when it is first seen
STILL, INSTANT = 1.5, 0.001  # seconds for which what was made stands there, and of its flight home
FLASHES = 3.5  # how much a block in a wave of light shines, where one that is pointed out shines 1 at most
LARGER = 1.01  # times as large, cells are tried at least where they are too small
CLOSE = 14.0  # pixels of a cell from which on negative values turn rose


@dataclass(frozen=True)
class Tag:
    """A name that a shot may show: what it says, and around what."""

    text: str
    box: Box


@dataclass(frozen=True)
class Take:
    """The camera on a subject, as one kind of shot."""

    kind: str
    boxes: Sequence[Box]
    subject: tuple[str, ...] = ()  # names of the blocks it speaks of
    tags: tuple[Tag, ...] = ()
    lit: tuple[str, ...] | None = None  # names of the blocks that all others make way for; None: no others
    headlines: tuple[Text, ...] = ()  # what is written beside them
    turn: float = 0.0  # degrees further to the right than the kind's own azimuth
    rise: float = 0.0  # degrees higher
    cut: bool = False  # there at once, where no way there is worth seeing
    smaller: Callable[[float], Take] | None = None  # less of it, with cells that are so many times as large


@dataclass(frozen=True)
class Held:
    """A shot that stands still enough for names, and the names it may show."""

    shot: Shot
    tags: tuple[Tag, ...]
    head: str  # the running head above it
    lit: tuple[str, ...] | None  # names of the blocks that all others make way for
    headlines: tuple[Text, ...]  # what is written beside them


@dataclass(frozen=True)
class Cut:
    """A length at which the film is told."""

    title: str
    description: str
    chapters: Mapping[str, Callable[[Screenplay], None]]  # by their names, in the film's order
    leisure: float  # of the time that things take beyond the reading of their captions


class Screenplay:
    """Writes chapters one after the other; `now` is how far it has come, `pose` where the camera is."""

    def __init__(
        self, layout: Layout, trace: Trace, words: Words, story: Story, cut: Cut, aspect: float, fps: float
    ) -> None:
        self.layout, self.trace, self.words, self.story, self.cut = layout, trace, words, story, cut
        self.aspect, self.leisure, self.fps = aspect, cut.leisure, fps
        self.focus = Focus(layout.n_prompt - 1, 0, _best_head(layout, trace))
        self.facts: dict[str, object] = _facts(layout, trace, words, story, self.focus)
        self.now = 0.0
        self.pose: Pose = overview(layout, aspect=aspect)
        self.props: list[Prop] = []
        self.chapters: list[Chapter] = []
        self.held: list[Held] = []
        self._step = {block.name: -1 for block in layout.blocks.values()}
        self._ready: dict[str, float] = {}  # when blocks are computed
        self._linked = {(link.kind, link.target) for link in layout.links}
        self._dim: dict[str, tuple[float, float]] = {}  # how far things are dimmed, and since when
        self._landed: dict[str, list[tuple[str, float]]] = {}  # by block: copies that lie lit before it
        self._shone: dict[str, float] = {}  # by block: when its last flash is over
        self._rose: dict[str, float] = {}  # what is seen close, and since when it is free to change
        self._around = _surroundings(layout)
        self._fronts = np.array([[b.box.low, b.box.high] for b in layout.blocks.values()])  # [n, 2, 3]
        self._take = Take("plan", [whole(layout)])
        self._lowest = -1.0  # how far up the caption reaches, in halves of the picture
        self._turned = False  # whether the camera stands at the end of its drift
        self._arrived = -1.0  # when the camera has come to rest last
        self._headed: float | None = None  # until when the chapter has its running head
        self._clear()

    # --- chapters ---

    def start(self, name: str, head: str) -> None:
        """Begin a chapter under a running head, named by their keys in the caption files."""
        self.close()
        self._name, self._head, self.begun = name, self.words.head(head, **self.facts), self.now
        self._title = self._head

    def end_head(self) -> None:
        """From now on the chapter does without its running head."""
        self._head, self._headed = "", self.now

    def close(self) -> None:
        """End the chapter that is being written."""
        if self._name:
            chapter = Chapter(
                self._name,
                self.words.titles[self._name],
                self.begun,
                self.now,
                tuple(self.shots),
                tuple(self.cues),
                tuple(self.captions),
                self._title,
                self._headed,
            )
            self.chapters.append(chapter)
        self._clear()

    def _clear(self) -> None:
        self._name, self._head, self._title, self.begun = "", "", "", self.now
        self._headed = None
        self.shots: list[Shot] = []
        self.cues: list[Cue] = []
        self.captions: list[Caption] = []

    # --- what may be seen ---

    def blocks(self, *kinds: str, layer: int | None = None, head: int | None = None) -> list[Block]:
        """The blocks of these kinds, in the order of the kinds; of one head, or of what has no heads."""
        return [
            block
            for kind in kinds
            for block in self.layout.blocks.values()
            if block.kind == kind
            and (layer is None or block.matrix.layer == layer)
            and (head is None or block.head in (None, head))
        ]

    def here(self, *kinds: str, head: int | None = None) -> list[Block]:
        """The blocks of the focused layer."""
        return self.blocks(*kinds, layer=self.focus.layer, head=head)

    def written(self, block: Block) -> Box:
        """What of a matrix is there before the model writes on."""
        return written(block, self.layout.n_prompt)

    def has(self, *kinds: str) -> bool:
        """Whether the focused layer, or the model, has matrices of all these kinds."""
        layers = (None, self.focus.layer)
        return all(any(b.matrix.layer in layers for b in self.blocks(kind)) for kind in kinds)

    @contextlib.contextmanager
    def looking_at(self, layer: int) -> Iterator[None]:
        """Within the block, another layer is the focused one."""
        before, self.focus = self.focus, replace(self.focus, layer=layer)
        try:
            yield
        finally:
            self.focus = before

    @property
    def own(self) -> int:
        """The focused head."""
        return self.focus.head

    def letters(self, *, predicted: bool) -> list[Letter]:
        """The prompt's letters, or the predictions made at its positions."""
        n = self.layout.n_prompt
        return [x for x in self.layout.letters if x.predicted == predicted and x.position < n]

    # --- takes ---

    def detail(
        self,
        blocks: Sequence[Block],
        *,
        beside: Sequence[Block] = (),
    ) -> Take:
        """What is spoken of, and what it is made from: of large matrices the part around the first one's
        upper left corner, so that cells can be seen."""
        return self._part(tuple(blocks), tuple(beside), VIEWS["detail"].cell)

    def _part(self, blocks: tuple[Block, ...], beside: tuple[Block, ...], cell: float) -> Take:
        """What there is room for with cells of so many pixels where the camera looks."""
        shown = [*blocks, *beside]
        boxes = part_in_view([self.written(b) for b in shown], blocks[0].origin, cell, self.aspect)
        kept = [(b, box) for b, box in zip(shown, boxes, strict=True) if box is not None]
        tags = tuple(Tag(self.name_of(b), box) for b, box in kept)
        part = Take("detail", [box for _, box in kept], names(blocks), tags, names(shown))
        return replace(part, smaller=lambda by: self._part(blocks, beside, by * cell))

    def _with_large_cells(self, take: Take | None) -> Take | None:
        """A detail of so little that its cells are large enough at its far end, above the caption; others as
        they are."""
        while take is not None and take.smaller is not None:
            turns = (0.0, VIEWS[take.kind].drift)
            least = min(smallest_cell(take.boxes, self.framed(take, turn), self.aspect) for turn in turns)
            if least >= VIEWS[take.kind].cell:
                break
            take = take.smaller(max(LARGER, VIEWS[take.kind].cell / least))
        return take

    @property
    def example(self) -> Example:
        """What a set piece is made of."""
        return Example(self.layout, self.trace, self.focus, self.story.words, self.words, self.aspect)

    def on_stage(self, piece: Piece | SetPiece) -> Take:
        """A calculation, seen as its stage wants it."""
        return Take("stage", piece.boxes, lit=(), cut=True)

    def name_of(self, block: Block) -> str:
        """What a matrix is called in the film's language."""
        return self.words.name(block.label)

    # --- words and camera ---

    def say(
        self,
        key: str,
        take: Take | None = None,
        *,
        least: float = 0.0,
        **facts: object,
    ) -> Window:
        """A caption once the camera is on what it speaks of, until it is read. When to act is returned.

        Without a take the camera stays and drifts.
        """
        facts = self.facts | facts
        text, comment = self.words.caption(key, **facts), self.words.comment(key, **facts)
        self._lowest = caption_edge(text, self.aspect)
        take = self._cut_where_empty(self._with_large_cells(take))
        travel = self._travel(take)
        arrive = self.now + travel
        landing = take is not None or self._arrived >= self.now
        starts = arrive + (LANDED if landing else BREATH)
        end = max(starts + max(reading_time(text), SHORTEST), arrive + least * self.leisure)
        self._look(take, arrive, end)
        self._spotlight(self._take.lit, self.now, INSTANT if take is not None and take.cut else FADE)
        self.captions.append(Caption(starts, end, key, text, comment))
        self.now = end
        return arrive, end - LINGER

    def fill(self, key: str, take: Take, blocks: Sequence[Block], least: float = 0.0) -> None:
        """A caption on what is computed there: that has begun when it is seen, and stands when it is read."""
        start, end = self.say(key, take, least=least)
        self.compute(blocks, (start - AHEAD, start + FILLED * (end - start)))

    def begin(self, key: str, take: Take, length: float) -> Window:
        """A caption under which the film goes on: it stands until it is stretched.

        The camera is there at the end of the time returned, which is so long at least.
        """
        text, comment = self.words.caption(key, **self.facts), self.words.comment(key, **self.facts)
        self._lowest = caption_edge(text, self.aspect)
        take = self._cut_where_empty(take) or take
        self._spotlight(take.lit, self.now, INSTANT if take.cut else FADE)
        start, end = self.go(take, max(length, self._travel(take)))
        landed = (start if take.cut else end) + LANDED
        self.captions.append(Caption(landed, max(end, landed), key, text, comment))
        return start, end

    def leave_room(self, *keys: str) -> None:
        """Let the next view stand above captions that are said before it without a take of their own."""
        texts = [self.words.caption(key, **self.facts) for key in keys]
        self._lowest = max((caption_edge(text, self.aspect) for text in texts), default=-1.0)

    def go(self, take: Take, length: float) -> Window:
        """The camera moves on to another subject without new words."""
        start, end = self.now, self.now + length
        self._look(take, start if take.cut else end, end)
        self.now = end
        return start, end

    def hold(self, length: float) -> Window:
        """The camera stays and drifts, without new words."""
        start, end = self.now, self.now + length
        self._look(None, start, end)
        self.now = end
        return start, end

    def stretch(self, key: str, until: float | None = None) -> None:
        """Let a caption stand until now."""
        end = self.now if until is None else until
        self.captions = [replace(c, end=end) if c.key == key else c for c in self.captions]

    def _travel(self, take: Take | None) -> float:
        """Seconds to the next subject: longer for a longer way, never rushed."""
        if take is None or take.cut:
            return 0.0
        there = self.framed(take)
        way = math.dist(there.eye, self.pose.eye) / min(there.distance, self.pose.distance)
        turn = abs(there.azimuth - self.pose.azimuth) + abs(there.elevation - self.pose.elevation)
        return float(np.clip(0.8 + 0.3 * math.sqrt(way) + turn / 60, QUICKEST, LONGEST)) * math.sqrt(
            self.leisure
        )

    def _cut_where_empty(self, take: Take | None) -> Take | None:
        """The take; there at once where the way to it would show hardly more than the wall."""
        if take is None or take.cut:
            return take
        if take.kind not in WAYS.get(self._take.kind, ()):
            return replace(take, cut=True)
        there = self.framed(take)
        seen = (covered(self._fronts, self.pose.towards(there, share), self.aspect) for share in ON_THE_WAY)
        return replace(take, cut=True) if min(seen) < EMPTY else take

    def framed(self, take: Take, turn: float = 0.0) -> Pose:
        """The camera for a take, turned further by so many degrees: clear of captions and running head."""
        if take.kind == "stage":
            return self._seen(take, turn, SAFE)
        left, right, bottom, top = NEAR if take.kind == "detail" else SAFE
        bottom = max(bottom, self._lowest + CLEAR)
        far, low = head_corner(self._head, self.aspect)
        room, under = (left, right, bottom, top), (left, right, bottom, low - CLEAR)
        turns = {turn, 0.0, VIEWS[take.kind].drift}

        def poses(safe: Safe) -> dict[float, Pose]:
            return {by: self._seen(take, by, safe) for by in turns}

        found = poses(room)
        if any(reaches(take.boxes, pose, self.aspect, far + CLEAR, low - CLEAR) for pose in found.values()):
            beside = (max(left, far + CLEAR), right, bottom, top)
            rooms = (under, beside) if take.kind == "detail" else (under,)
            found = min(map(poses, rooms), key=lambda way: max(pose.distance for pose in way.values()))
        return found[turn]

    def _seen(self, take: Take, turn: float, safe: Safe) -> Pose:
        """The camera for a take, within a part of the picture."""
        view = VIEWS[take.kind]
        azimuth, elevation = view.azimuth + take.turn + turn, view.elevation + take.rise
        return frame(take.boxes, azimuth, elevation, lens=view.lens, aspect=self.aspect, safe=safe)

    def _look(self, take: Take | None, arrive: float, end: float) -> None:
        """Travel, then drift slowly around the subject."""
        if take is None:
            self._drift(end)
            return
        near = self.framed(take)
        if arrive > self.now:
            self._arrived = arrive
            self.shots.append(Shot(self.now, arrive, (), self.pose, near, kind=take.kind))
        self.pose, self._take, self._turned = near, take, False
        if end > arrive:
            drifted = self.framed(take, VIEWS[take.kind].drift)
            shot = Shot(arrive, end, take.subject, near, drifted, kind=take.kind, holds=tuple(take.boxes))
            self.shots.append(shot)
            self.held.append(Held(shot, take.tags, self._head, take.lit, take.headlines))
            self._show_signs(take, near, arrive, end)
            self.pose, self._turned = drifted, True

    def _drift(self, end: float) -> None:
        """Turn on a little before the same subject, or back."""
        turn = 0.0 if self._turned else VIEWS[self._take.kind].drift
        drifted = self.framed(self._take, turn)
        shot = Shot(
            self.now,
            end,
            self._take.subject,
            self.pose,
            drifted,
            kind=self._take.kind,
            holds=tuple(self._take.boxes),
        )
        self.shots.append(shot)
        self.held.append(Held(shot, self._take.tags, self._head, self._take.lit, self._take.headlines))
        self.pose, self._turned = drifted, not self._turned

    def _show_signs(self, take: Take, pose: Pose, arrive: float, end: float) -> None:
        """Where cells are seen close, negative ones turn rose."""
        if pixels_a_unit(pose, pose.distance) < CLOSE or end - arrive < 2 * FADE:
            return
        for name in take.subject:
            start = max(arrive - FADE, self._rose.get(name, 0.0))
            self.cues.append(Cue(name, "rose", start, start + FADE, 0.0, 1.0, "smooth"))
            self.cues.append(Cue(name, "rose", end - FADE, end, 1.0, 0.0, "smooth"))
            self._rose[name] = end

    # --- light ---

    def _spotlight(self, keep: Iterable[str] | None, at: float, fade: float) -> None:
        """What is not named dims from `at` on; what is comes back. None brings everything back."""
        kept = None if keep is None else set(keep)
        for target, blocks in self._around:
            wanted = 1.0 if kept is not None and not blocks <= kept else 0.0
            now, since = self._dim.get(target, (0.0, 0.0))
            if wanted != now:
                start = max(at, since)
                self.cues.append(Cue(target, "dim", start, start + fade, now, wanted, "smooth"))
                self._dim[target] = (wanted, start + fade)

    def undim(self, early: float = 0.0) -> None:
        """Bring everything back, from so many seconds before now."""
        self._spotlight(None, self.now - early, FADE)

    def point_out(self, blocks: Iterable[Block], window: Window, strength: float = 0.7) -> None:
        """Sources glow while they are read."""
        start, end = window
        rise = min(0.4, (end - start) / 4)
        for block in blocks:
            self.cues.append(Cue(block.name, "highlight", start, start + rise, 0.0, strength, "smooth"))
            self.cues.append(Cue(block.name, "highlight", end - rise, end, strength, 0.0, "smooth"))

    def flash(self, block: Block, start: float, end: float) -> None:
        """A block lights up, so that it is seen from afar, and fades."""
        middle = start + 0.3 * (end - start)
        self.cues.append(Cue(block.name, "highlight", start, middle, 0.0, FLASHES, "smooth"))
        self.cues.append(Cue(block.name, "highlight", middle, end, FLASHES, 0.0, "smooth"))

    # --- things ---

    def appear(self, target: str, at: float) -> None:
        """A thing is hidden until then."""
        self.cues.append(Cue(target, "hidden", 0.0, at, 1.0, 0.0, "step"))

    def vanish(self, target: str, at: float, since: float) -> None:
        """A thing that has been there since a time goes."""
        self.cues.append(Cue(target, "hidden", since, at, 0.0, 1.0, "step"))

    def move(
        self, target: str, channel: str, window: Window, a: float, b: float, easing: str = "cubic"
    ) -> None:
        """A thing's channel goes from one value to another."""
        if a != b:
            self.cues.append(Cue(target, channel, *window, a, b, easing))

    def put(self, prop: Prop, come: float, leave: float | None = None) -> None:
        """A prop of this chapter's own, on the scene from one time to another."""
        self.props.append(prop)
        self.appear(prop.name, come)
        if leave is not None:
            self.vanish(prop.name, leave, since=come)

    def perform(self, piece: Piece | SetPiece, *windows: Window, since: float = 0.0) -> None:
        """A set piece, its beats lasting as long as the windows. It is seen `since` a time only."""
        self.props += piece.props
        self.cues += [_seen(cue, since) for cue in piece.cues(list(windows))]
        for name, block in piece.landed():
            self._landed.setdefault(block, []).append((name, windows[-1][1]))

    def act(
        self,
        piece: SetPiece,
        pace: float = 1.0,
        facts: Mapping[str, Mapping[str, object]] | None = None,
        **captions: str,
    ) -> Window:
        """A set piece on its stage, told by captions: each is named after the beat that it begins with.

        Captions of beats that the piece does without are left out. `pace` is of the time that it takes, and
        `facts` are what captions speak of, by their keys.
        """
        piece.comes = 0.0
        if piece.mapped:
            piece.locate(self.layout)
        take: Take | None = self.on_stage(piece)
        windows, told = {}, {beat.name for beat in piece.beats}
        for beat, least in piece.runs(told & set(captions)).items():
            key = captions[beat]
            windows[beat] = self.say(key, take, least=pace * least, **(facts or {}).get(key, {}))
            take = None
        beats = piece.timed(windows)
        last = [beat.name for beat in piece.beats].index([*windows][-1])
        instant = _unseen(self.now, self.fps)
        self.perform(piece, *_cut_close(beats, instant, last), since=beats[0][0])
        return beats[0][0], beats[-1][1]

    # --- the data flow ---

    def compute(self, blocks: Sequence[Block], window: Window, step: int = 0) -> None:
        """Fronts run along blocks, and before them along everything that they are made of.

        In the order of the graph, heads side by side. A matrix's share of the time grows with its cells
        and gently with their cost, as a viewer's patience does.
        """
        stages: dict[str, list[Block]] = {}
        for block in self._missing(blocks, step):
            stages.setdefault(block.matrix.name, []).append(block)
        if not stages:
            return
        weights = np.array([patience(stage[0], self.trace) for stage in stages.values()])
        start = max([window[0], *(self._ready.get(b.name, 0.0) for b in self._sources(stages))])
        end = max(window[1], start + 0.3)
        edges = start + (end - start) * np.r_[0, np.cumsum(weights / weights.sum())]
        for stage, a, b in zip(stages.values(), edges, edges[1:], strict=False):
            for block in stage:
                self._run(block, float(a), float(b), step)

    def _missing(self, blocks: Iterable[Block], step: int) -> list[Block]:
        """What is not computed yet of blocks and their sources, sources first."""
        rank = {name: i for i, name in enumerate(self.trace.network.matrices)}
        found: dict[str, Block] = {}
        todo = list(blocks)
        while todo:
            block = todo.pop()
            if block.name in found or block.role == "weight" or self._step[block.name] >= step:
                continue
            found[block.name] = block
            for name in _shown_inputs(self.trace, block.matrix.name):
                todo += [b for b in self.layout.of(name) if _feeds(b, block)]
        return sorted(found.values(), key=lambda b: rank[b.matrix.name])

    def _sources(self, stages: dict[str, list[Block]]) -> list[Block]:
        """What the matrices to be computed are made of."""
        inputs = {name for matrix in stages for name in _shown_inputs(self.trace, matrix)}
        return [block for name in inputs for block in self.layout.of(name)]

    def _run(self, block: Block, start: float, end: float, step: int) -> None:
        self._step[block.name] = step
        self._ready[block.name] = end
        for name, since in self._landed.pop(block.name, []):
            self.vanish(name, max(end, since + FADE), since=since)
        tail = end + min(0.35 * (end - start), 0.6)
        if step > 0:  # seen from afar, a single column would be lost
            self._shine(block, start)
        self.cues.append(Cue(block.name, "reveal", start, tail, begin(step), done(step)))
        lead = min(0.5, (end - start) / 2)
        for kind in ("trunk", "data", "weight"):
            if (kind, block.name) in self._linked:
                name = thing.links(block.name, kind)
                if step > 0:
                    self.cues.append(Cue(name, "reveal", start - lead, start - lead, 0.0, 0.0))
                self.cues.append(Cue(name, "reveal", start - lead, end, 0.0, 1.5))

    def _shine(self, block: Block, start: float) -> None:
        """A block and the weights it is made with flash, those that do not shine already."""
        end = start + 0.5 * FADE
        sources = [b for name in block.matrix.inputs for b in self.layout.of(name)]
        for lit in (block, *(b for b in sources if b.role == "weight" and _feeds(b, block))):
            if self._shone.get(lit.name, 0.0) <= start:
                self.flash(lit, start, end)
                self._shone[lit.name] = end


def _seen(cue: Cue, since: float) -> Cue:
    """The cue; what it shows is not seen before a time."""
    if cue.channel != "hidden":
        return cue
    comes = cue.a > cue.b
    return replace(cue, start=cue.start if comes else max(cue.start, since), end=max(cue.end, since))


def _unseen(stop: float, fps: float) -> Window:
    """An instant before a cut in which no frame is shown."""
    start = stop - INSTANT
    frame = math.ceil(start * fps) / fps
    return ((frame + stop) / 2 if frame < stop - EXACT / fps else start), stop


def _cut_close(beats: Sequence[Window], instant: Window, last: int) -> list[Window]:
    """Beats between two cuts: the first has begun before it is seen, and what was made stands.

    Those before the `last` one that a caption begins with keep their times.
    """
    start, (_, stop) = beats[last][0], instant
    still = min(STILL, 0.3 * (stop - beats[0][0]), 0.5 * (stop - start))
    stretch = (stop - still - start) / max(beats[-1][0] - start, 1e-6)
    longer = [
        *beats[:last],
        *((start + stretch * (a - start), start + stretch * (b - start)) for a, b in beats[last:-1]),
    ]
    begun, end = longer[0]
    longer[0] = (begun - UNSEEN / (1 - UNSEEN) * (end - begun), end)
    return [*longer, instant]


def names(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The names of blocks."""
    return tuple(block.name for block in blocks)


def patience(block: Block, trace: Trace) -> float:
    """The relative time a matrix may take to fill."""
    matrix = block.matrix
    shapes = [trace[name].shape for name in matrix.inputs]
    cost = matrix.op.cost(*shapes) if matrix.op else 1
    return float(block.n_cells**0.5 * (1 + cost) ** 0.125)


def _best_head(layout: Layout, trace: Trace) -> int:
    """The head to watch: in a fan the one that no other stands before."""
    return 0 if layout.arrangement.heads == "fan" else clearest_head(trace, 0, layout.n_prompt - 1)


def _facts(layout: Layout, trace: Trace, words: Words, story: Story, focus: Focus) -> dict[str, object]:
    """What captions may speak of."""
    c = trace.network.config
    probs = trace["probs"][layout.n_prompt - 1]
    return words.units[story.unit] | {
        "model": story.model,
        "task": words.task(story.name, story.task, prompt=quoted(story.prompt)),
        "prompt": story.prompt,
        "answer": story.answer,
        "parameters": f"{trace.network.n_params():,}",
        "d_model": c.d_model,
        "d_head": c.d_head,
        "d_mlp": c.d_mlp,
        "d_vocab": f"{c.d_vocab:,}",
        "n_head": c.n_head,
        "n_layer": c.n_layer,
        "head": focus.head + 1,
        "group": c.n_head // c.n_kv_head,
        "times": f"{c.embed_scale:.3g}",
        "window": c.window_of(focus.layer),
        "experts": c.experts.count if c.experts else 0,
        "chosen": c.experts.chosen if c.experts else 0,
        "expansion": f"{c.d_mlp / c.d_model:.3g}",
        "activation": ACTIVATIONS[c.activation].title,
        "position": focus.position + 1,
        "letter": told(story.words[focus.position]),
        "token": told(story.words[layout.n_prompt]),
        "probability": share_text(float(probs.max())),
    }


def _shown_inputs(trace: Trace, name: str) -> set[str]:
    """The shown matrices that a matrix is made of, through those that are not shown."""
    found: set[str] = set()
    for source in trace.network[name].inputs:
        found |= {source} if trace.network[source].shown else _shown_inputs(trace, source)
    return found


def _feeds(source: Block, target: Block) -> bool:
    """Heads are computed from themselves alone; shared keys from whichever head shows them."""
    return source.head is None or target.head is None or source.head == target.head or (
        "kv_head" in source.matrix.axes)  # fmt: skip


def _surroundings(layout: Layout) -> list[tuple[str, set[str]]]:
    """Everything that can dim, and which blocks it belongs to: it stays lit where all of them do."""
    found: list[tuple[str, set[str]]] = [(name, {name}) for name in layout.blocks]
    links: dict[str, set[str]] = {}
    for link in layout.links:
        links.setdefault(thing.links(link.target, link.kind), {link.target}).add(link.source)
    found += links.items()
    return found
