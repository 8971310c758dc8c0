"""The data flow as a film: what is computed in which step, seen from where, under which caption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..errors import UserError
from ..layout.plan import Block, Box, Layout, Letter
from ..layout.signs import legend_box, name_sign
from ..network.trace import Trace
from .framing import SENSOR, frame, frame_blocks, overview
from .plan import Caption, Chapter, Cue, Film, Pose, Shot
from .words import SHORTEST, Words, reading_time

TAIL = 0.35  # `reveal` runs on this far past 1 while the front's glow decays
TRAVEL = 0.9  # seconds from one subject to the next
LINGER = 0.35  # seconds a finished step stays
READABLE = 15.0  # height of a name in pixels of a picture 640 wide


@dataclass(frozen=True)
class Step:
    """One thing to watch: kinds computed one after the other, with what they are made from in view."""

    key: str
    computes: tuple[str, ...]
    beside: tuple[str, ...]  # kinds that stay in the frame with them
    azimuth: float
    elevation: float
    one_head: bool = False  # watch the clearest head alone; those in front of it make way
    letters: bool = False  # the tokens or predictions above it belong to the picture
    frames: tuple[str, ...] = ()  # what to fill the picture with, if not all of it
    climbs: bool = False  # too tall for one view: start at its foot and rise to its top


EMBEDDING = (Step("embedding", ("tokens", "resid_pre"), ("embed.W_E", "pos_embed.W_pos"), -14, 7,
                  letters=True),)  # fmt: skip
ATTENTION = (
    Step("norm", ("ln1.mean", "ln1.rms", "ln1.std", "ln1.out"), ("ln1.w", "ln1.b"), -20, 10),
    Step("qkv", ("attn.q", "attn.q_norm.rms", "attn.q_norm.out", "attn.rot_q",
                 "attn.k", "attn.k_norm.rms", "attn.k_norm.out", "attn.rot_k", "attn.v"),
         ("attn.W_Q", "attn.W_K", "attn.W_V"), -26, 22),
    Step("scores", ("attn.scores",), ("attn.q", "attn.k"), -16, 8, one_head=True),
    Step("softmax", ("attn.scores_max", "attn.scores_sum", "attn.pattern"), ("attn.scores",), -8, 6,
         one_head=True),
    Step("values", ("attn.z",), ("attn.pattern", "attn.v"), -16, 10, one_head=True),
    Step("project", ("attn_out", "resid_mid"), ("attn.W_O", "attn.b_O"), 12, 8),
)  # fmt: skip
MLP = (
    Step(
        "mlp",
        ("ln2.mean", "ln2.rms", "ln2.std", "ln2.out", "mlp.pre", "mlp.pre_linear"),
        ("mlp.W_in", "mlp.b_in"),
        -16,
        -4,
        climbs=True,
    ),
    Step("bend", ("mlp.act", "mlp.post"), ("mlp.pre",), -22, 0, climbs=True),
    Step("shrink", ("mlp_out", "resid_post"), ("mlp.W_out",), 14, 6),
)
OUTPUT = (
    Step(
        "output", ("ln_final.mean", "ln_final.rms", "ln_final.std", "ln_final.out"), ("ln_final.w",), -12, 8
    ),
    Step("logits", ("logits",), ("unembed.W_U", "unembed.b_U"), -10, 9),
    Step("choice", ("logits_max", "logits_sum", "probs"), ("logits",), 8, 6, letters=True),
)


@dataclass(frozen=True)
class Story:
    """What the captions need to know beyond the network."""

    model: str
    prompt: str
    token: str  # the one chosen next


# The teaser tells the whole way in four captions.
TEASER = (
    (Step("embedding", EMBEDDING[0].computes, EMBEDDING[0].beside, -14, 7, letters=True),),
    (Step("attend", sum((step.computes for step in ATTENTION), ()), ("attn.W_Q", "attn.W_K", "attn.W_V"),
          -24, 20),),
    (Step("transform", sum((step.computes for step in MLP), ()), ("mlp.W_in", "mlp.W_out"), -18, 0,
          climbs=True),),
    (Step("choice", sum((step.computes for step in OUTPUT), ()), ("unembed.W_U",), 8, 6, letters=True,
          frames=("logits", "logits_max", "logits_sum", "probs")),),
)  # fmt: skip
CUTS = ("film", "teaser")


def compose(
    layout: Layout, trace: Trace, words: Words, story: Story, *, cut: str = "film", captions: bool = True
) -> Film:
    """The whole data flow, timed by the captions' reading times even where they are left out.

    `cut` is "film" (every step) or "teaser" (ten seconds).
    """
    if cut not in CUTS:
        raise UserError(f"There is no film “{cut}”; choose one of {', '.join(CUTS)}.")
    screenplay = _Screenplay(layout, trace, words, story)
    chapters = screenplay.teaser() if cut == "teaser" else screenplay.film()
    if not captions:
        chapters = [replace(chapter, captions=()) for chapter in chapters]
    return Film(cut, tuple(chapters))


class _Screenplay:
    """Writes chapters one after the other; `now` is how far it has come, `pose` where the camera is."""

    def __init__(self, layout: Layout, trace: Trace, words: Words, story: Story) -> None:
        self.layout = layout
        self.trace = trace
        self.words = words
        c = trace.network.config
        self.facts = {
            "d_model": c.d_model,
            "n_head": c.n_head,
            "expansion": f"{c.d_mlp / c.d_model:.3g}",
            "model": story.model,
            "prompt": story.prompt,
            "token": story.token,
            "probability": f"{float(trace['probs'][-1].max()):.1%}",
        }
        self.now = 0.0
        self.pose: Pose = overview(layout)
        self.head = clearest_head(trace, 0)

    def film(self) -> list[Chapter]:
        """Every step of the first block, the others at speed, and the choice."""
        chapters = [
            self.opening(),
            self.chapter("embedding", EMBEDDING, None),
            self.chapter("attention", ATTENTION, 0),
            self.chapter("mlp", MLP, 0),
        ]
        if self.trace.network.config.n_layer > 1:
            chapters.append(self.other_blocks())
        chapters.append(self.chapter("output", OUTPUT, None))
        return [*chapters[:-1], self.ending(chapters[-1], TRAVEL + 1.2, stay=1.2)]

    def teaser(self) -> list[Chapter]:
        """From the tokens to the choice without a pause."""
        embedding, attend, transform, choice = TEASER
        chapters = [
            self.chapter("embedding", embedding, None, length=SHORTEST),
            self.chapter("attention", attend, 0, length=SHORTEST),
            self.chapter("mlp", transform, 0, length=SHORTEST),
        ]
        later = [
            b for b in self.layout.blocks.values() if b.matrix.op is not None and (b.matrix.layer or 0) > 0
        ]
        if later:  # the other blocks are computed while the camera passes them on its way to the output
            chapters[-1] = replace(
                chapters[-1],
                cues=(*chapters[-1].cues, *self._compute(later, self.now - LINGER, self.now + 0.6)),
            )
        chapters.append(self.chapter("output", choice, None, length=SHORTEST))
        return [*chapters[:-1], self.ending(chapters[-1], SHORTEST, stay=0.2)]

    def opening(self) -> Chapter:
        """The whole machine, turning slowly."""
        text = self.words.caption("opening", **self.facts)
        length = reading_time(text) + 0.5
        near = overview(self.layout, self.pose.azimuth + 6, safe=(-0.98, 0.98, -0.68, 0.92))
        everything = tuple(self.layout.blocks)
        shot = Shot(0.0, length, everything, self.pose, near)
        self.pose, self.now = near, length
        caption = Caption(0.0, length, "opening", text)
        return Chapter("overview", self.words.titles["overview"], 0.0, length, (shot,), (), (caption,))

    def chapter(
        self, name: str, steps: tuple[Step, ...], layer: int | None, length: float | None = None
    ) -> Chapter:
        """A visit to every step, each as long as its caption takes to read unless `length` says otherwise."""
        start, given = self.now, length
        shots: list[Shot] = []
        cues: list[Cue] = []
        captions = []
        for step in steps:
            blocks = self._blocks(step.computes, layer)
            if not blocks:
                continue
            beside = self._blocks(step.beside, layer)
            text = self.words.caption(step.key, **self.facts)
            length = given or max(reading_time(text), TRAVEL + 1.4 + LINGER)
            seen = [*blocks, *beside]
            if step.one_head:
                seen = [block for block in seen if block.head in (None, self.head)]
            shots += self._visit(seen, step, length)
            cues += self._name(seen, shots[-1], layer)
            begin, end = self.now + TRAVEL * 0.8, self.now + length - LINGER
            cues += self._compute(blocks, begin, end)
            cues += self._point_out(beside, begin, end)
            captions.append(Caption(self.now, self.now + length, step.key, text))
            self.now += length
        alone = [c for c, step in zip(captions, steps, strict=False) if step.one_head]
        if alone and self.head:
            cues += self._make_way(alone[0].start, alone[-1].end, layer)
        return Chapter(
            name, self.words.titles[name], start, self.now, tuple(shots), tuple(cues), tuple(captions)
        )

    def other_blocks(self) -> Chapter:
        """The remaining blocks, computed while the camera runs along the trunk."""
        start, n_layer = self.now, self.trace.network.config.n_layer
        text = self.words.caption("blocks", **self.facts)
        each = max(0.5, min(2.0, 6.0 / (n_layer - 1)))
        length = max(reading_time(text), TRAVEL + each * (n_layer - 1) + LINGER)
        shots, cues = [], []
        begin = self.now + TRAVEL
        each = (length - TRAVEL - LINGER) / (n_layer - 1)
        for layer in range(1, n_layer):
            blocks = [b for b in self.layout.blocks.values() if b.matrix.layer == layer]
            pose = frame_blocks(blocks, -24 if layer % 2 else -18, 10)
            arrive = begin if layer == 1 else begin + (layer - 1) * each
            leave = self.now if layer == 1 else begin + (layer - 2) * each
            shots.append(Shot(leave, arrive, tuple(b.name for b in blocks), self.pose, pose))
            self.pose = pose
            computed = [b for b in blocks if b.matrix.op is not None]
            cues += self._compute(computed, begin + (layer - 1) * each, begin + layer * each)
        last = self.pose.towards(replace(self.pose, azimuth=self.pose.azimuth + 5), 1)
        shots.append(Shot(shots[-1].end, start + length, shots[-1].subject, self.pose, last))
        self.pose = last
        self.now = start + length
        caption = Caption(start, self.now, "blocks", text)
        return Chapter(
            "blocks", self.words.titles["blocks"], start, self.now, tuple(shots), tuple(cues), (caption,)
        )

    def ending(self, chapter: Chapter, after: float, stay: float) -> Chapter:
        """The predictions come to stand above the probabilities, `after` seconds into the last caption."""
        appear = chapter.captions[-1].start + after
        names = [f"predicted {letter.position}" for letter in self.layout.letters if letter.predicted]
        names += [f"thread {name}" for name in names]
        hidden = [Cue(name, "hidden", 0.0, appear, 1.0, 0.0, "step") for name in names]
        hidden += self._count(appear - 0.6)
        last = self.pose.towards(replace(self.pose, distance=self.pose.distance * 0.94), 1)
        shot = Shot(self.now, self.now + stay, chapter.shots[-1].subject, self.pose, last)
        self.now += stay
        captions = (*chapter.captions[:-1], replace(chapter.captions[-1], end=self.now))
        return replace(
            chapter,
            end=self.now,
            shots=(*chapter.shots, shot),
            cues=(*chapter.cues, *hidden),
            captions=captions,
        )

    def _count(self, start: float) -> list[Cue]:
        """The candidates' bars grow one after the other, each followed by its percentage."""
        cues = []
        for i in range(len(self.layout.candidates)):
            begin = start + 0.06 * i
            cues.append(Cue(f"candidate {i} bar", "scale_x", begin, begin + 0.5, 0.001, 1.0, "cubic"))
            cues.append(Cue(f"candidate {i} bar", "hidden", 0.0, begin, 1.0, 0.0, "step"))
            cues.append(Cue(f"candidate {i} token", "hidden", 0.0, begin, 1.0, 0.0, "step"))
            cues.append(Cue(f"candidate {i} share", "hidden", 0.0, begin + 0.5, 1.0, 0.0, "step"))
        return cues

    # --- pieces ---

    def _blocks(self, kinds: Iterable[str], layer: int | None) -> list[Block]:
        """The blocks of these kinds, in the order of the kinds."""
        found = []
        for kind in kinds:
            here = [b for b in self.layout.blocks.values() if b.kind == kind]
            found += [b for b in here if layer is None or b.matrix.layer == layer]
        return found

    def _visit(self, subject: list[Block], step: Step, length: float) -> list[Shot]:
        """Travel to a subject, then drift slowly around it, or up along it, while it is computed."""
        framed = [block for block in subject if not step.frames or block.kind in step.frames]
        boxes = [block.box.grown(2.5) for block in framed]
        if step.letters:
            at_end = step.key == "choice"
            boxes += [letter_box(letter) for letter in self.layout.letters if letter.predicted == at_end]
            boxes += (
                [boxes[-1].grown(4), *(candidate.box for candidate in self.layout.candidates)]
                if at_end
                else [boxes[-1].grown(8), legend_box(self.layout)]
            )
        if step.climbs:
            whole = Box.around(boxes)
            height = min(whole.size[2], 0.7 * whole.size[0] + 0.25 * whole.size[2])
            foot = Box(whole.low, (*whole.high[:2], whole.low[2] + height))
            head = Box((*whole.low[:2], whole.high[2] - height), whole.high)
            arrived = frame([foot], step.azimuth, step.elevation, fstop=1.6)
            drifted = replace(
                frame([head], step.azimuth + 5, step.elevation, fstop=1.6), distance=arrived.distance
            )
        else:
            arrived = frame(boxes, step.azimuth, step.elevation, fstop=1.6)
            drifted = replace(arrived, azimuth=arrived.azimuth + 5, distance=arrived.distance * 0.97)
        names = tuple(block.name for block in subject)
        there, done = self.now + TRAVEL, self.now + length
        shots = [Shot(self.now, there, names, self.pose, arrived), Shot(there, done, names, arrived, drifted)]
        self.pose = drifted
        return shots

    def _name(self, subject: list[Block], shot: Shot, layer: int | None) -> list[Cue]:
        """Names of the subject grow until they can be read from where the camera stands, and shrink again."""
        heads = [block.head for block in subject if block.head is not None]
        first = self.head if self.head in heads and len(set(heads)) == 1 else 0
        cues = []
        for block in subject:
            if block.head not in (None, first):
                continue
            sign = name_sign(block)
            seen = (
                sign.size * 2 * shot.a.lens / SENSOR / shot.a.distance / 2 * 640
            )  # letter height in pixels of 640
            room = (block.shape[1] + 1.2 * self.layout.gap) / max(1.0, sign.box.size[0])
            scale = float(np.clip(READABLE / seen, 1.0, max(1.0, room)))
            if scale > 1.02:
                name = f"name {block.name}"
                cues.append(Cue(name, "scale", shot.start - 0.4, shot.start, 1.0, scale, "smooth"))
                cues.append(Cue(name, "scale", shot.end, shot.end + 0.4, scale, 1.0, "smooth"))
        return cues

    def _make_way(self, start: float, end: float, layer: int | None) -> list[Cue]:
        """The heads in front of the one to watch rise out of the picture, and come back after."""
        front = [
            b for b in self.layout.blocks.values() if b.matrix.layer == layer and (b.head or 0) < self.head
        ]
        front = [block for block in front if block.head is not None]
        height = 3 * self.layout.box.size[2]
        cues = []
        for block in front:
            rest = block.origin[2]
            things = [(block.name, rest)] + [
                (f"{kind} into {block.name}", 0.0) for kind in ("data", "weight")
            ]
            for name, z in things:
                cues.append(Cue(name, "location_z", start - 0.2, start + 0.9, z, z + height, "cubic"))
                cues.append(Cue(name, "location_z", end - 0.3, end + 0.8, z + height, z, "cubic"))
        return cues

    def _compute(self, blocks: list[Block], start: float, end: float) -> list[Cue]:
        """Fronts run along the blocks in the order of the graph, heads side by side.

        A matrix's share of the time grows with its cells and gently with their cost, as a viewer's
        patience does.
        """
        stages: dict[str, list[Block]] = {}
        for block in blocks:
            stages.setdefault(block.matrix.name, []).append(block)
        weights = np.array([patience(stage[0], self.trace) for stage in stages.values()])
        edges = start + (end - start) * np.r_[0, np.cumsum(weights / weights.sum())]
        cues = []
        for (_, stage), a, b in zip(stages.items(), edges, edges[1:], strict=False):
            for block in stage:
                cues.append(Cue(block.name, "reveal", a, b + TAIL * (b - a), 0.0, 1 + TAIL))
                lead = min(0.5, (b - a) / 2)
                for kind in ("trunk", "data", "weight"):
                    cues.append(Cue(f"{kind} into {block.name}", "reveal", a - lead, b, 0.0, 1.5))
        return cues

    def _point_out(self, blocks: list[Block], start: float, end: float) -> list[Cue]:
        """Sources glow while they are read."""
        up, down = min(0.4, (end - start) / 4), 0.4
        cues = []
        for block in blocks:
            cues.append(Cue(block.name, "highlight", start - up, start, 0.0, 0.7, "smooth"))
            cues.append(Cue(block.name, "highlight", end - down, end, 0.7, 0.0, "smooth"))
        return cues


def patience(block: Block, trace: Trace) -> float:
    """The relative time a matrix may take to fill."""
    matrix = block.matrix
    shapes = [trace[name].shape for name in matrix.inputs]
    cost = matrix.op.cost(*shapes) if matrix.op else 1
    return float(block.n_cells**0.5 * (1 + cost) ** 0.125)


def clearest_head(trace: Trace, layer: int) -> int:
    """The head whose last query attends most sharply: the best one to watch."""
    pattern = trace[f"blocks.{layer}.attn.pattern"]
    return int(pattern[:, -1].max(axis=-1).argmax())


def letter_box(letter: Letter) -> Box:
    """About the room a letter takes."""
    x, y, z = letter.at
    half = 0.35 * letter.size * max(1, len(letter.text))
    return Box((x - half, y, z), (x + half, y, z + letter.size))
