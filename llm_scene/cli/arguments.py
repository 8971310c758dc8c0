"""From arguments to values: what `main` reads, so that commands see questions, options and qualities."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..choices import Choice, choices, listed
from ..errors import UserError
from .terminal import Share, note

if TYPE_CHECKING:
    from ..layout.budget import Detail
    from ..models import Model
    from ..staging.options import Options
    from ..staging.production import Production
    from ..staging.quality import Quality

Given = Mapping[str, Any]  # what was given, by the names of arguments; None: nothing


class Argument(Protocol):
    """What a command is told: it adds itself to a parser, and makes its value of what was given."""

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments."""

    def take(self, given: Given) -> Any:
        """The value that the command is called with. Raises UserError where there is none."""


class Value:
    """A single argument, as argparse describes it."""

    def __init__(self, *names: str, help: str | Callable[[], str], **how: Any) -> None:
        self.names, self.help, self.how = names, help, how

    def add(self, parser: argparse.ArgumentParser) -> None:
        help = self.help if isinstance(self.help, str) else self.help()
        parser.add_argument(*self.names, help=help, **self.how)

    def take(self, given: Given) -> Any:
        return given[self.names[-1].lstrip("-").replace("-", "_")]


def output(help: str | Callable[[], str], default: Path | None = None) -> Value:
    """`--output`: where to write."""
    required: dict[str, Any] = {"required": True} if default is None else {"default": default}
    return Value("-o", "--output", metavar="FILE", type=Path, help=help, **required)


# --- choices -----------------------------------------------------------------------------------------


def add_choices(
    parser: argparse.ArgumentParser, kind: type, wanted: Callable[[Choice], bool] = lambda one: True
) -> None:
    """An argument for every choice of a dataclass, or for those wanted."""
    shown: dict[str, argparse._ArgumentGroup] = {}
    for one in choices(kind).values():
        if not wanted(one):
            continue
        title = one.group or kind.__name__.lower()
        if title not in shown:
            shown[title] = parser.add_argument_group(title)
        flag = f"--{one.argument}"
        how: dict[str, Any] = {"type": _reader(one), "metavar": _metavar(one)}
        if one.type is bool:
            how = {"action": argparse.BooleanOptionalAction if one.default else "store_true"}
        shown[title].add_argument(flag, dest=one.name, default=None, help=_help(one), **how)


def chosen(given: Given, kind: type) -> dict[str, Any]:
    """The choices of a dataclass that were given."""
    return {name: given[name] for name in choices(kind) if given.get(name) is not None}


def _reader(one: Choice) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return one.read(text)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return read


def _metavar(one: Choice) -> str:
    return {int: "N", float: "X", tuple: "NAMES"}.get(one.type, "NAME")


def _help(one: Choice) -> str:
    """Its help, what there is to choose from, and the default."""
    text = one.help[:1].lower() + one.help[1:]
    if one.items is not None:
        text += f": {listed(one.names)}"
    usual = "" if one.default in (None, "", (), False) else f" ({one.default})"
    return (text + usual).replace("%", "%%")


# --- the question ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """Which model to ask, what, and the options that were given."""

    preset: str | None = None
    own: str | None = None  # a folder, or a name on the hub
    text: str | None = None
    tokens: str | None = None
    given: dict[str, Any] = field(default_factory=dict)
    offline: bool = False

    def model(self) -> Model:
        """The model that is asked; one of the hub is downloaded where it is not on this disk."""
        from .. import models

        if self.own is None:
            return models.load(self.preset)
        folder = models.find_folder(self.own, self.offline, note, Share("Downloading"))
        return models.load(self.preset, folder)

    def options(self, model: Model) -> Options:
        """What the preset says, and over it what was given."""
        from ..staging.options import of_preset

        return dataclasses.replace(of_preset(model.preset), **self.given)

    def prompt(self, model: Model, steps: int = 1) -> list[int]:
        """The token ids to continue, checked against the model."""
        model.check_runs()
        if self.tokens is not None:
            return model.check_tokens(_ids(self.tokens), steps)
        text = self.text
        if text is None and model.preset is not None:
            text = model.preset.prompt
        if text is None:
            raise UserError("What should the model continue? Give --prompt TEXT or --tokens IDS.")
        return model.encode_prompt(text, steps)

    def produce(self, resolution: tuple[int, int] | None = None) -> Production:
        """The production that answers it, framed for a resolution where one was given."""
        from ..staging.production import produce

        model = self.model()
        options = self.options(model)
        prompt = self.prompt(model, self.given.get("steps", 1))
        if "steps" not in self.given and len(prompt) + options.steps - 1 > model.config.n_ctx:
            options = dataclasses.replace(options, steps=0)  # a preset's own are for its own prompt
        return produce(model, prompt, framed(options, resolution))


def framed(options: Options, resolution: tuple[int, int] | None) -> Options:
    """Options for the shape of pictures of this size."""
    return options if resolution is None else dataclasses.replace(options, format="{}x{}".format(*resolution))


class Asked:
    """A `Question`: of a model, with a prompt unless that is left out, and with groups of options."""

    def __init__(self, *groups: str, prompt: bool = True) -> None:
        self.groups, self.prompted = groups, prompt

    def add(self, parser: argparse.ArgumentParser) -> None:
        from ..staging.options import Options

        model = parser.add_argument_group("model")
        group = model.add_mutually_exclusive_group()
        by_name = "a model by name, see `llm-scene presets`"
        group.add_argument("--preset", dest="model_preset", metavar="NAME", help=by_name)
        own = "a checkpoint folder, or a model of the Hugging Face hub: OWNER/NAME"
        group.add_argument("--model", metavar="MODEL", help=own)
        model.add_argument("--offline", action="store_true", help="download nothing")
        if self.prompted:
            source = parser.add_argument_group("question").add_mutually_exclusive_group()
            source.add_argument("--prompt", metavar="TEXT", help="what to continue")
            source.add_argument("--tokens", metavar="IDS", help="the same as token ids: 2,1,0")
        if self.groups:
            add_choices(parser, Options, lambda one: one.group in self.groups)

    def take(self, given: Given) -> Question:
        from ..staging.options import Options

        text, tokens = given.get("prompt"), given.get("tokens")
        options = chosen(given, Options)
        return Question(given["model_preset"], given["model"], text, tokens, options, given["offline"])


MODEL = Asked(prompt=False)
PROMPT = Asked("prompt")
SCENE = Asked("prompt", "arrangement", "film", "look")


# --- how to draw and to render -----------------------------------------------------------------------


class Drawn:
    """A `Detail`: how finely matrices are drawn."""

    def add(self, parser: argparse.ArgumentParser) -> None:
        from ..layout.budget import Detail

        add_choices(parser, Detail)

    def take(self, given: Given) -> Detail:
        from ..layout.budget import Detail

        return Detail(**chosen(given, Detail))


class Rendered:
    """A `Quality`: how to render, by default with a preset."""

    def __init__(self, preset: str) -> None:
        self.preset = preset

    def add(self, parser: argparse.ArgumentParser) -> None:
        from ..staging.quality import PRESETS

        group = parser.add_argument_group("quality")
        help = f"{listed(tuple(PRESETS))} ({self.preset})"
        group.add_argument("--render-preset", metavar="NAME", default=self.preset, help=help)
        group.add_argument("--resolution", metavar="WxH", type=_size, help="in pixels: 1280x720")
        one = choices(_quality())["samples"]
        group.add_argument("--samples", metavar="N", type=_reader(one), help=_help(one))

    def take(self, given: Given) -> Quality:
        return _quality()(given["render_preset"], given["samples"], given["resolution"])


def _quality() -> type[Quality]:
    from ..staging.quality import Quality

    return Quality


@dataclass(frozen=True)
class Part:
    """Which frames to render, and on how many computers."""

    first: int = 0
    last: int | None = None  # None: the film's last
    processes: int | None = None
    cluster: str | None = None

    def frames(self, n_frames: int) -> list[int]:
        """The frames of a film; UserError where there are none such."""
        last = n_frames - 1 if self.last is None else self.last
        if not self.first <= last < n_frames:
            raise UserError(f"The film has frames 0 to {n_frames - 1}, not {self.first} to {last}.")
        return list(range(self.first, last + 1))


class Computed:
    """A `Part`."""

    def add(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--frames", metavar="A-B", type=_frames, help="the first and the last frame")
        group = parser.add_argument_group("computers").add_mutually_exclusive_group()
        group.add_argument("--processes", metavar="N", type=count, help="how many render at once here")
        where = "a Dask scheduler to render with: tcp://scheduler:8786, or local:4"
        group.add_argument("--cluster", metavar="WHERE", help=where)

    def take(self, given: Given) -> Part:
        first, last = given["frames"] or (0, None)
        return Part(first, last, given["processes"], given["cluster"])


class Chosen:
    """The choices of dataclasses that were given, by name."""

    def __init__(
        self, kinds: Callable[[], Sequence[type]], wanted: Callable[[Choice], bool] = lambda one: True
    ) -> None:
        self.kinds, self.wanted = kinds, wanted

    def add(self, parser: argparse.ArgumentParser) -> None:
        for kind in self.kinds():
            add_choices(parser, kind, self.wanted)

    def take(self, given: Given) -> dict[str, Any]:
        return {name: value for kind in self.kinds() for name, value in chosen(given, kind).items()}


# --- single values -----------------------------------------------------------------------------------


def count(text: str) -> int:
    """A number of things."""
    if not text.isdecimal() or not 1 <= int(text) <= 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 to 65536")
    return int(text)


def seconds(text: str) -> float:
    """A span of time."""
    try:
        span = float(text)
    except ValueError:
        span = 0.0
    if not 0.01 <= span <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of 0.01 to 3600 seconds")
    return span


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(16 <= side <= 16384 for side in size):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size such as 1280x720, of 16 to 16384 pixels a side"
        )
    return size


def _frames(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames such as 0-99")
    return int(found[1]), int(found[2] or found[1])


def _ids(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")] if text.strip() else []
    except ValueError:
        raise UserError(f"Token ids are whole numbers with commas between them, not {text[:40]!r}.") from None
