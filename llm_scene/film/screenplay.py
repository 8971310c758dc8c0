"""The pen that writes chapters: it knows how far the film has come and what has been computed by then."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..layout import names
from ..layout.layout import Block, Box, Layout
from ..layout.signs import name_sign, section_signs
from ..network.trace import Trace
from .film import Caption, Card, Chapter, Cue, Pose, Shot
from .framing import SAFE, SENSOR, WIDE_SAFE, frame, overview
from .front import begin, done
from .piece import Piece, Window
from .props import Prop
from .words import SHORTEST, Words, reading_time

LINGER = 0.4  # seconds a finished step stays
READABLE = 15.0  # height of a name in pixels of a picture 640 wide
TITLE = 2.4  # seconds a chapter's card stands
DIMMED, DARK = 0.7, 0.88  # how far what is not the subject steps back; behind a close-up further
FADE = 0.5  # seconds in which things dim and come back
BLUR = 1.6  # the relative f-stop of close shots


@dataclass(frozen=True)
class Take:
    """The camera on a subject."""

    boxes: list[Box]
    azimuth: float
    elevation: float
    subject: tuple[str, ...] = ()
    turn: float = 4.0  # degrees by which it drifts
    lens: float = 40.0  # mm


class Screenplay:
    """Writes chapters one after the other; `now` is how far it has come, `pose` where the camera is."""

    def __init__(self, layout: Layout, trace: Trace, words: Words, aspect: float, haste: float) -> None:
        self.layout, self.trace, self.words = layout, trace, words
        self.facts: dict[str, object] = {}  # what captions may speak of
        self.aspect, self.haste = aspect, haste
        self.now = 0.0
        self.pose: Pose = overview(layout, aspect=aspect)
        self.props: list[Prop] = []
        self.chapters: list[Chapter] = []
        self._step = {block.name: -1 for block in layout.blocks.values()}
        self._ready: dict[str, float] = {}  # when blocks are computed
        self._linked = {(link.kind, link.target) for link in layout.links}
        self._dim: dict[str, tuple[float, float]] = {}  # how far things are dimmed, and since when
        self._around = _surroundings(layout)
        self._clear()

    # --- chapters ---

    def chapter(self, name: str, *, card: bool = True) -> None:
        """Begin a chapter; its card stands while the camera travels."""
        self.close()
        self._name, self.begun = name, self.now
        if card:
            number = len(self.chapters) + 1
            self._cards.append(Card(self.now, self.now + TITLE, self.words.titles[name], str(number)))

    def close(self) -> None:
        """End the chapter that is being written."""
        if self._name:
            title = self.words.titles[self._name]
            chapter = Chapter(
                self._name,
                title,
                self.begun,
                self.now,
                tuple(self.shots),
                tuple(self.cues),
                tuple(self.captions),
                tuple(self._cards),
            )
            self.chapters.append(chapter)
        self._clear()

    def _clear(self) -> None:
        self._name, self.begun = "", self.now
        self.shots: list[Shot] = []
        self.cues: list[Cue] = []
        self.captions: list[Caption] = []
        self._cards: list[Card] = []

    # --- words and camera ---

    def say(
        self,
        key: str,
        take: Take | None = None,
        *,
        least: float = 0.0,
        keep: Iterable[str] | None = None,
        **facts: object,
    ) -> Window:
        """A caption, and the camera on what it speaks of, until it is read. When to act is returned.

        Without a take the camera stays and drifts. `keep` names what is not dimmed; None dims nothing.
        """
        text = self.words.caption(key, **self.facts | facts)
        starts = max([self.now, *(card.end for card in self._cards)])
        travel = self._travel(take)
        arrive = max(self.now + travel, starts)
        end = max(starts + max(reading_time(text), SHORTEST), arrive + least * self.haste)
        self._look(take, arrive, end)
        self._spotlight(keep, max(self.now, arrive - FADE))
        self.captions.append(Caption(starts, end, key, text))
        self.now = end
        return arrive - min(0.5, travel / 3), end - LINGER

    def _travel(self, take: Take | None) -> float:
        """Seconds to the next subject: longer for a longer way, never rushed."""
        if take is None:
            return 0.0
        there = self._framed(take)
        way = math.dist(there.eye, self.pose.eye) / min(there.distance, self.pose.distance)
        turn = abs(there.azimuth - self.pose.azimuth) + abs(there.elevation - self.pose.elevation)
        return float(np.clip(0.8 + 0.3 * math.sqrt(way) + turn / 60, 1.0, 2.4)) * math.sqrt(self.haste)

    def _framed(self, take: Take, turn: float = 0.0) -> Pose:
        wide = take.lens < 30
        return frame(
            take.boxes,
            take.azimuth + turn,
            take.elevation,
            lens=take.lens,
            fstop=0.0 if wide else BLUR,
            aspect=self.aspect,
            margin=1.03,
            safe=WIDE_SAFE if wide else SAFE,
        )

    def _look(self, take: Take | None, arrive: float, end: float) -> None:
        """Travel, then drift slowly around the subject."""
        if take is None:
            last = self.shots[-1].subject if self.shots else ()
            drifted = replace(self.pose, azimuth=self.pose.azimuth + 1.5)
            self.shots.append(Shot(self.now, end, last, self.pose, drifted))
            self.pose = drifted
            return
        near, drifted = self._framed(take), self._framed(take, take.turn)
        if arrive > self.now:
            self.shots.append(Shot(self.now, arrive, (), self.pose, near))
        self.shots.append(Shot(arrive, end, take.subject, near, drifted))
        self._enlarge_names(take.subject, near, arrive, end)
        self.pose = drifted

    def glide(self, take: Take, length: float) -> Window:
        """The camera travels on to another subject under the same caption."""
        start, pose = self.now, self._framed(take)
        self.shots.append(Shot(start, start + length, (), self.pose, pose))
        self.pose, self.now = pose, start + length
        return start, self.now

    def hold(self, length: float) -> None:
        """The camera stays and drifts, without new words."""
        self._look(None, self.now, self.now + length)
        self.now += length

    def stretch(self, key: str, until: float | None = None) -> None:
        """Let a caption stand until now."""
        end = self.now if until is None else until
        self.captions = [replace(c, end=end) if c.key == key else c for c in self.captions]

    def show_card(self, card: Card) -> None:
        """A title of its own."""
        self._cards.append(card)

    def _enlarge_names(self, subject: tuple[str, ...], pose: Pose, start: float, end: float) -> None:
        """Names of the subject grow until they can be read from where the camera stands, and shrink again."""
        blocks = [self.layout[name] for name in subject if name in self.layout.blocks]
        heads = [block.head for block in blocks if block.head is not None]
        for block in blocks:
            if block.head not in (None, min(heads, default=0)):
                continue
            sign = name_sign(block)
            seen = sign.size * pose.lens / SENSOR / pose.distance * 640  # letter height in pixels of 640
            room = (block.shape[1] + 1.2 * self.layout.gap) / max(1.0, sign.box.size[0])
            scale = float(np.clip(READABLE / seen, 1.0, max(1.0, room)))
            if scale > 1.02 and end - start > 1.0:
                name = names.label(block.name)
                self.cues.append(Cue(name, "scale", start - 0.3, start, 1.0, scale, "smooth"))
                self.cues.append(Cue(name, "scale", end - 0.3, end, scale, 1.0, "smooth"))

    # --- light ---

    def _spotlight(self, keep: Iterable[str] | None, at: float) -> None:
        """What is not named dims from `at` on; what is comes back. None brings everything back."""
        names = None if keep is None else set(keep)
        depth = DIMMED if names else DARK
        for target, blocks in self._around:
            wanted = depth if names is not None and not blocks <= names else 0.0
            now, since = self._dim.get(target, (0.0, 0.0))
            if wanted != now:
                start = max(at, since)
                self.cues.append(Cue(target, "dim", start, start + FADE, now, wanted, "smooth"))
                self._dim[target] = (wanted, start + FADE)

    def undim(self) -> None:
        """Bring everything back."""
        self._spotlight(None, self.now)

    def point_out(self, blocks: Iterable[Block], window: Window, strength: float = 0.7) -> None:
        """Sources glow while they are read."""
        start, end = window
        up, down = min(0.4, (end - start) / 4), min(0.4, (end - start) / 4)
        for block in blocks:
            self.cues.append(Cue(block.name, "highlight", start, start + up, 0.0, strength, "smooth"))
            self.cues.append(Cue(block.name, "highlight", end - down, end, strength, 0.0, "smooth"))

    def flash(self, block: Block, start: float, end: float) -> None:
        """A block lights up and fades."""
        middle = start + 0.3 * (end - start)
        self.cues.append(Cue(block.name, "highlight", start, middle, 0.0, 0.9, "smooth"))
        self.cues.append(Cue(block.name, "highlight", middle, end, 0.9, 0.0, "smooth"))

    # --- the data flow ---

    def blocks(self, *kinds: str, layer: int | None = None, head: int | None = None) -> list[Block]:
        """The blocks of these kinds, in the order of the kinds; of one head, or of what has no heads."""
        found = []
        for kind in kinds:
            here = [b for b in self.layout.blocks.values() if b.kind == kind]
            found += [
                b
                for b in here
                if (layer is None or b.matrix.layer == layer) and (head is None or b.head in (None, head))
            ]
        return found

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
        tail = end + min(0.35 * (end - start), 0.6)
        if step > 0:  # seen from afar, a single column would be lost
            self.flash(block, start, start + 0.5 * FADE)
        self.cues.append(Cue(block.name, "reveal", start, tail, begin(step), done(step)))
        lead = min(0.5, (end - start) / 2)
        for kind in ("trunk", "data", "weight"):
            if (kind, block.name) in self._linked:
                name = names.links(block.name, kind)
                if step > 0:
                    self.cues.append(Cue(name, "reveal", start - lead, start - lead, 0.0, 0.0))
                self.cues.append(Cue(name, "reveal", start - lead, end, 0.0, 1.5))

    # --- pieces ---

    def perform(self, piece: Piece, *windows: Window) -> None:
        """A set piece, its phases lasting as long as the windows."""
        self.props += piece.props
        self.cues += piece.cues(list(windows))


def patience(block: Block, trace: Trace) -> float:
    """The relative time a matrix may take to fill."""
    matrix = block.matrix
    shapes = [trace[name].shape for name in matrix.inputs]
    cost = matrix.op.cost(*shapes) if matrix.op else 1
    return float(block.n_cells**0.5 * (1 + cost) ** 0.125)


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
    found: list[tuple[str, set[str]]] = []
    for name in layout.blocks:
        found += [(target, {name}) for target in (name, names.label(name), names.dimensions(name))]
    links: dict[str, set[str]] = {}
    for link in layout.links:
        links.setdefault(names.links(link.target, link.kind), {link.target}).add(link.source)
    found += links.items()
    signs, brackets = section_signs(layout)
    nothing = {""}  # sections are no part of a close-up
    found += [(sign.name, nothing) for sign in signs] + [(line.name, nothing) for line in brackets]
    return found
