"""The choices behind a production, as one value.

A new choice is one field of `Options`: the command line, the panel and presets offer it from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..choices import changed, check, choice, named
from ..errors import UserError
from ..film.compose import CHAPTERS, CUT_ITEMS, FORMAT_ITEMS, FORMATS
from ..film.words import languages, words
from ..layout.layout import BLOCK_ITEMS, HEAD_ITEMS, Arrangement
from ..look import COLOUR_MAPS, LOOKS, Look, look_of
from ..models.presets import Preset, list_presets
from ..network.sampling import Sampling

RATIO = re.compile(r"(\d{1,5})[:xX×](\d{1,5})")
RATE_ITEMS = named(
    ("24", "24", "Cinema"),
    ("25", "25", "Television, PAL"),
    ("30", "30", "The web"),
    ("50", "50", "Television, PAL, smooth"),
    ("60", "60", "The web, smooth"),
    ("23.976", "23.976", "Cinema on television, NTSC: 24 / 1.001"),
    ("29.97", "29.97", "Television, NTSC: 30 / 1.001"),
    ("59.94", "59.94", "Television, NTSC, smooth: 60 / 1.001"),
)
RATES = (1.0, 240.0)  # frames a second
NTSC = {"23.976": 24 / 1.001, "29.97": 30 / 1.001, "59.94": 60 / 1.001}


def is_rate(text: str) -> bool:
    """Whether a text is a frame rate, such as 12.5."""
    return re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text) is not None and RATES[0] <= float(text) <= RATES[1]


def rate_name(fps: float) -> str:
    """How an option says a frame rate: "24", or "23.976" for 24 / 1.001."""
    close = (name for name, value in NTSC.items() if abs(value - fps) < 1e-3)
    return next(close, f"{min(max(fps, RATES[0]), RATES[1]):.6g}")


def _language_items() -> tuple[tuple[str, str, str], ...]:
    spoken = ((code, words(code).language, "Language of the captions") for code in languages())
    return (*spoken, ("none", "No Captions", "A film without text on the picture"))


def _chapter_items() -> tuple[tuple[str, str, str], ...]:
    titles = words("en").titles
    return tuple((name, titles[name], "") for name in CHAPTERS)


def _is_ratio(text: str) -> bool:
    found = RATIO.fullmatch(text)
    wide, high = (int(found[1]), int(found[2])) if found else (0, 0)
    return high > 0 and 0.1 <= wide / high <= 10


@dataclass(frozen=True)
class Options:
    """What a production shows, and how. Raises UserError, one sentence, for what there is not."""

    steps: int = choice(
        0,
        "Continue By",
        "How many tokens the model adds; all but the last take a position of their own. "
        "0: up to six, or to the end of a sentence",
        group="prompt",
        low=0,
        soft_high=32,
    )
    temperature: float = choice(
        0.0,
        "Temperature",
        "How freely tokens are drawn; 0 always takes the most probable one",
        group="prompt",
        noun="The temperature",
        low=0.0,
        soft_high=2.0,
        step=5,
    )
    top_k: int = choice(
        0,
        "Top K",
        "Draw only from the K most probable tokens; 0 draws from all",
        group="prompt",
        low=0,
        only_with="temperature",
    )
    top_p: float = choice(
        1.0,
        "Top P",
        "Draw only from the fewest tokens that together reach this probability",
        group="prompt",
        low=0.01,
        high=1.0,
        subtype="FACTOR",
        only_with="temperature",
    )
    seed: int = choice(
        0,
        "Seed",
        "The same seed draws the same tokens",
        group="prompt",
        noun="The seed",
        low=0,
        only_with="temperature",
    )
    ignore_eos: bool = choice(
        False,
        "Ignore End Token",
        "Go on writing after the token that ends a text",
        group="prompt",
    )
    heads: str = choice(
        "grid",
        "Heads",
        "How the attention heads of a block stand to each other",
        group="arrangement",
        noun="arrangement of heads",
        items=named(*HEAD_ITEMS),
    )
    blocks: str = choice(
        "plan",
        "Blocks",
        "How the transformer blocks stand to each other",
        group="arrangement",
        noun="arrangement of blocks",
        items=named(*BLOCK_ITEMS),
    )
    cut: str = choice(
        "full", "Cut", "How long the film is", group="film", flag="film", noun="film", items=named(*CUT_ITEMS)
    )
    chapters: tuple[str, ...] = choice(
        (),
        "Chapters",
        "Which chapters the film keeps; none named: all of them",
        group="film",
        noun="chapter",
        items=_chapter_items,
    )
    format: str = choice(
        "landscape",
        "Format",
        "The shape of the picture that the film is framed for",
        group="film",
        items=named(*FORMAT_ITEMS),
        open=_is_ratio,
        compared=True,
    )
    fps: str = choice(
        "24",
        "Frame Rate",
        "Frames a second: of the film's keys, its captions and the video",
        group="film",
        noun="frame rate",
        items=RATE_ITEMS,
        open=is_rate,
        compared=True,
    )
    language: str = choice(
        "en",
        "Captions",
        "Language of the film's captions",
        group="look",
        noun="language of captions",
        items=_language_items,
        compared=True,
    )
    look: str = choice(
        "studio",
        "Look",
        "Colours, light and background",
        group="look",
        items=lambda: tuple((look.name, look.title, "") for look in LOOKS.values()),
        compared=True,
    )
    colour_map: str = choice(
        "look",
        "Colour Map",
        "Which colours stand for which values",
        group="look",
        items=lambda: tuple((name, title, text) for name, (title, text) in COLOUR_MAPS.items()),
        compared=True,
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def sampling(self) -> Sampling:
        """How the next token is chosen."""
        return Sampling(self.temperature, self.top_k, self.top_p, self.seed)

    @property
    def arrangement(self) -> Arrangement:
        """How the parts of the model stand to each other."""
        return Arrangement(self.heads, self.blocks, self.aspect)

    @property
    def colours(self) -> Look:
        """The look, with its colour map."""
        return look_of(self.look, self.colour_map)

    @property
    def captions(self) -> bool:
        """Whether the film speaks at all."""
        return self.language != "none"

    @property
    def spoken(self) -> str:
        """The language that the film is timed by, also where it is silent."""
        return self.language if self.captions else "en"

    @property
    def rate(self) -> float:
        """Frames a second."""
        return NTSC.get(self.fps, float(self.fps))

    @property
    def aspect(self) -> float:
        """Width of the picture by its height."""
        ratio = RATIO.fullmatch(self.format)
        return int(ratio[1]) / int(ratio[2]) if ratio else FORMATS[self.format]


def of_preset(preset: Preset | None, base: Options = Options()) -> Options:
    """The options that a preset brings, over others. UserErrors name its file."""
    if preset is None:
        return base
    return changed(base, preset.options, str(preset.file))


def entries(options: Options) -> dict[str, Any]:
    """Options as the entries of a preset: those that differ from the defaults."""
    usual = asdict(Options())
    return {name: value for name, value in asdict(options).items() if value != usual[name]}


def readable_presets(folders: Iterable[Path] = ()) -> list[Preset]:
    """All presets whose options there are; see `list_presets`."""
    return [preset for preset in list_presets(folders) if _is_readable(preset)]


def _is_readable(preset: Preset) -> bool:
    try:
        of_preset(preset)
    except UserError:
        return False
    return True
