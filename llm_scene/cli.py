"""The command line: `llm-scene predict --prompt CBABBC`.

Every subcommand is a row of `COMMANDS`. Everything that can go wrong through the user's doing ends in
`main` as one sentence and exit status 2.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import UserError

if TYPE_CHECKING:
    import bpy

    from .film.film import Film
    from .layout.budget import Detail
    from .models import Model
    from .network import Continuation, Sampling, Step
    from .output.render.pace import Progress
    from .staging.options import Options
    from .staging.production import Production

Arguments = argparse.Namespace
CANDIDATES = 10  # tokens listed for each step


@dataclass(frozen=True)
class Command:
    """A subcommand: its arguments, and what it does with them."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Arguments], int | None]  # exit status; None: 0


class Parser(argparse.ArgumentParser):
    """Reports mistakes as every other mistake is reported: in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError."""
        raise UserError(f"{message[:1].upper()}{message[1:]}.")


def parser() -> argparse.ArgumentParser:
    """All subcommands with their arguments."""
    top = Parser(prog="llm-scene", description="Show how a language model computes, in three dimensions.")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for command in COMMANDS:
        sub = subparsers.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        args = parser().parse_args(argv)
        status = args.run(args)
        sys.stdout.flush()
        return status or 0
    except UserError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _fail("There is not enough memory: choose a smaller model or a shorter prompt.")
    except OSError as error:
        return _fail(_system_error(error))


def _fail(sentence: str) -> int:
    print(f"llm-scene: {sentence}", file=sys.stderr)
    return 2


def _system_error(error: OSError) -> str:
    words = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{words}."


# --- arguments that subcommands share ----------------------------------------------------------------


def add_model_arguments(sub: argparse.ArgumentParser) -> None:
    """`--preset` or `--model`: read them with `model_of`."""
    group = sub.add_argument_group("model").add_mutually_exclusive_group()
    group.add_argument("--preset", metavar="NAME", help="a model by name, see `llm-scene presets`")
    group.add_argument("--model", metavar="FOLDER", type=Path, help="a checkpoint folder of your own")


def add_prompt_arguments(sub: argparse.ArgumentParser) -> None:
    """What to ask the model and how to continue it: read with `prompt_of`, `steps_of`, `sampling_of`."""
    group = sub.add_argument_group("prompt")
    source = group.add_mutually_exclusive_group()
    source.add_argument("--prompt", metavar="TEXT", help="what to continue")
    source.add_argument("--tokens", metavar="IDS", help="the same as token ids: 2,1,0")
    group.add_argument("--steps", metavar="N", type=int, help="how many tokens to generate")
    group.add_argument("--temperature", metavar="T", type=float, help="0 takes the most probable token")
    group.add_argument("--top-k", metavar="K", type=int, help="draw from the K most probable; 0: from all")
    group.add_argument("--top-p", metavar="P", type=float, help="draw from the fewest that reach P together")
    group.add_argument("--seed", metavar="N", type=int, help="the same seed draws the same tokens")


def model_of(args: Arguments) -> Model:
    """The model that the arguments name."""
    from . import models

    return models.load(args.preset, args.model)


def steps_of(args: Arguments, model: Model) -> int:
    """How many tokens to generate, by default as many as the preset says."""
    steps = int(_choice(args, model, "steps", 1))
    if steps < 1:
        raise UserError(f"At least one step is needed, not {steps}.")
    return steps


def sampling_of(args: Arguments, model: Model) -> Sampling:
    """How to choose tokens, by default as the preset says."""
    from .network import Sampling

    defaults = {"temperature": 0.0, "top_k": 0, "top_p": 1.0, "seed": 0}
    chosen: dict[str, Any] = {name: _choice(args, model, name, value) for name, value in defaults.items()}
    return Sampling(**chosen)


def prompt_of(args: Arguments, model: Model) -> list[int]:
    """The token ids to continue, checked against the model."""
    steps = steps_of(args, model)
    if args.tokens is not None:
        return model.check_tokens(_ids(args.tokens), steps)
    text = args.prompt
    if text is None:
        text = model.preset.prompt if model.preset is not None else None
    if text is None:
        raise UserError("What should the model continue? Give --prompt TEXT or --tokens IDS.")
    return model.encode_prompt(text, steps)


def _choice(args: Arguments, model: Model, name: str, default: float) -> float:
    given = getattr(args, name)
    if given is not None:
        return float(given) if isinstance(default, float) else int(given)
    return model.preset.options.get(name, default) if model.preset is not None else default


def _ids(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")] if text.strip() else []
    except ValueError:
        raise UserError(f"Token ids are whole numbers with commas between them, not {text[:40]!r}.") from None


# --- predict -----------------------------------------------------------------------------------------


def predict_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `predict`."""
    add_model_arguments(sub)
    add_prompt_arguments(sub)
    sub.add_argument("--json", action="store_true", help="print one JSON object")
    sub.add_argument("--trace", metavar="FILE.npz", type=Path, help="write every intermediate by its name")


def predict(args: Arguments) -> None:
    """Print how the model continues a prompt, and how sure it was."""
    from .network import generate
    from .writing import check_target

    if args.trace is not None:
        check_target(args.trace)
    model = model_of(args)
    tokens = prompt_of(args, model)
    steps, sampling = steps_of(args, model), sampling_of(args, model)
    found = generate(model.network, model.weights, tokens, steps, sampling)
    for warning in model.warnings:
        print(f"llm-scene: warning: {warning}", file=sys.stderr)
    if args.trace is not None:
        write_trace(found, args.trace)
    print(json.dumps(as_json(model, found), indent=1) if args.json else as_text(model, found))


def write_trace(found: Continuation, path: Path) -> None:
    """Every computed matrix under its name as float32, and `tokens`, in an .npz file."""
    import numpy as np

    from .writing import whole_file

    names = [matrix.name for matrix in found.trace.network.computed]
    arrays = {name: found.trace[name] for name in names}
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, tokens=np.array(found.trace.tokens), **arrays)


def as_json(model: Model, found: Continuation) -> dict[str, Any]:
    """A continuation as plain data: the chosen tokens and the best candidates of each step."""
    words = model.tokenizer
    return {
        "model": model.name,
        "prompt": words.decode(found.prompt),
        "continuation": words.decode(found.chosen),
        "prompt_tokens": found.prompt,
        "tokens": found.chosen,
        "steps": [
            {
                "position": step.position,
                "token": step.chosen,
                "text": words.decode([step.chosen]),
                "probability": float(step.probs[step.chosen]),
                "candidates": [
                    {
                        "token": token,
                        "text": words.decode([token]),
                        "probability": float(step.probs[token]),
                        "sampled_from": float(step.filtered[token]),
                    }
                    for token in step.top(CANDIDATES)
                ],
            }
            for step in found.steps
        ],
    }


def as_text(model: Model, found: Continuation) -> str:
    """A continuation to be read: the text, and a line a step with the probabilities."""
    words = model.tokenizer
    lines = [f"{words.decode(found.prompt)} → {words.decode(found.chosen)}", ""]
    rows = [["step", "token", "probability", "candidates"]]
    for number, step in enumerate(found.steps, 1):
        chosen = words.piece(step.chosen)
        rows.append([str(number), chosen, f"{step.probs[step.chosen]:.2%}", _candidates(model, step)])
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    right = (0, 2)
    for row in rows:
        texts = (_pad(t, w, i in right) for i, (t, w) in enumerate(zip(row, widths, strict=True)))
        lines.append("  ".join(texts).rstrip())
    return "\n".join(lines)


def _candidates(model: Model, step: Step) -> str:
    return "  ".join(f"{model.tokenizer.piece(t)} {step.probs[t]:.2%}" for t in step.top(5))


def _width(text: str) -> int:
    """Columns that a text takes in a terminal."""
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


# --- presets -----------------------------------------------------------------------------------------


def presets_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `presets`."""
    sub.add_argument("--json", action="store_true", help="print one JSON array")


def presets(args: Arguments) -> None:
    """List the models that are there."""
    from .models import list_presets, n_params

    rows = [(p.name, n_params(p), p) for p in list_presets()]
    if args.json:
        table = [
            {"name": n, "title": p.title, "parameters": count, "weights": p.shape is None, "prompt": p.prompt}
            for n, count, p in rows
        ]
        print(json.dumps(table, indent=1))
        return
    width = max((len(name) for name, _, _ in rows), default=0)
    count_width = max((len(f"{count:,}") for _, count, _ in rows), default=0)
    for name, count, preset in rows:
        what = preset.description if preset.shape is None else f"{preset.title}: shape without weights"
        print(f"{name:{width}}  {count:>{count_width},} parameters  {what}".rstrip())


# --- info --------------------------------------------------------------------------------------------


def info_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `info`."""
    add_model_arguments(sub)
    sub.add_argument("--positions", metavar="N", type=_count, help="of the scene to reckon (16)")
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def info(args: Arguments) -> None:
    """Say what a model is and what a scene of it would cost."""
    from .layout.facts import cost_facts, model_facts

    model = model_of(args)
    n_positions = min(args.positions or 16, model.config.n_ctx)
    rows = (*model_facts(model), ("Scene over", f"{n_positions} positions"), *cost_facts(model, n_positions))
    if args.json:
        print(json.dumps({"model": model.title, **dict(rows)}, indent=1, ensure_ascii=False))
        return
    width = max(len(name) for name, _ in rows)
    print("\n".join([model.title, *(f"{name:{width}}  {value}" for name, value in rows), *model.warnings]))


# --- explain -----------------------------------------------------------------------------------------


def explain_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `explain`."""
    sub.add_argument("cell", metavar="CELL", help="for example blocks.0.attn.scores[head=2,query=5,key=2]")
    add_model_arguments(sub)
    add_prompt_arguments(sub)
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def explain(args: Arguments) -> None:
    """Say how one cell of the forward pass came about."""
    from dataclasses import asdict

    from .network import generate
    from .network.addresses import parse_cell
    from .network.explain import explain as explain_cell

    model = model_of(args)
    tokens, steps = prompt_of(args, model), steps_of(args, model)
    matrix, cell = parse_cell(model.network, len(tokens) + steps - 1, args.cell)
    found = generate(model.network, model.weights, tokens, steps, sampling_of(args, model))
    explanation = explain_cell(found.trace, matrix.name, cell)
    print(json.dumps(asdict(explanation), indent=1) if args.json else explanation.text())


# --- convert -----------------------------------------------------------------------------------------


def convert_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `convert`."""
    from .models.convert import DTYPES

    sub.add_argument("source", metavar="FILE", type=Path, help="a .gguf, or a .pt of nanoGPT or minGPT")
    sub.add_argument("target", metavar="FOLDER", type=Path, help="the folder to write; it must not exist yet")
    sub.add_argument(
        "--meta", metavar="META.pkl", type=Path, help="nanoGPT's table of letters, if there is one"
    )
    sub.add_argument("--heads", metavar="N", type=int, help="number of heads, where the file does not say it")
    sub.add_argument(
        "--dtype",
        choices=DTYPES,
        default=DTYPES[0],
        help="what quantised weights become: float32 is exact, float16 half the size",
    )


def convert(args: Arguments) -> None:
    """Turn a file into a folder that `--model` takes."""
    from .models.convert import convert as convert_checkpoint

    for note in convert_checkpoint(args.source, args.target, args.meta, args.heads, args.dtype):
        print(f"note: {note}", file=sys.stderr)
    print(f"{args.target} is ready: llm-scene predict --model {args.target}")


# --- scenes: what generate, render, farm, export, captions and demo share ----------------------------


def add_scene_arguments(sub: argparse.ArgumentParser, output: str) -> None:
    """What to show and how: read with `production_of`; `output` is the help of -o."""
    sub.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help=output)
    add_model_arguments(sub)
    group = sub.add_argument_group("prompt").add_mutually_exclusive_group()
    group.add_argument("--prompt", metavar="TEXT", help="what to continue")
    group.add_argument("--tokens", metavar="IDS", help="the same as token ids: 2,1,0")
    group = sub.add_argument_group("film")
    group.add_argument(
        "--film", metavar="NAME", default="full", help="full (the default), short (a minute) or teaser"
    )
    group.add_argument("--chapters", metavar="NAMES", type=_names, help="only these: attention,mlp")
    add_picture_arguments(group)
    group = sub.add_argument_group("arrangement")
    group.add_argument(
        "--heads", metavar="NAME", default="fan", help="fan (one behind the other, the default) or grid"
    )
    group.add_argument(
        "--blocks", metavar="NAME", default="row", help="row (the default), columns (lines of them) or helix"
    )
    sub.set_defaults(steps=1)


def add_picture_arguments(group: argparse._ArgumentGroup) -> None:
    """Shape, language and look of a film: `aspect_of` reads the shape and checks the look."""
    group.add_argument("--format", metavar="NAME", default="landscape", help="landscape, square or vertical")
    group.add_argument("--language", metavar="CODE", default="en", help="of the captions: en, zh … or none")
    group.add_argument("--look", metavar="NAME", default="studio", help="studio (dark, the default) or paper")


def add_quality_arguments(sub: argparse.ArgumentParser, preset: str) -> None:
    """How to render: applied by `set_quality`."""
    group = sub.add_argument_group("quality")
    group.add_argument(
        "--render-preset", metavar="NAME", default=preset, help=f"draft to final-4k ({preset})"
    )
    group.add_argument("--resolution", metavar="WxH", type=_size, help="in pixels: 1280x720")
    group.add_argument("--samples", metavar="N", type=_count, help="rays a pixel: more is cleaner and slower")


def add_detail_arguments(sub: argparse.ArgumentParser) -> None:
    """How finely matrices are drawn: read with `detail_of`."""
    group = sub.add_argument_group("detail")
    group.add_argument(
        "--cuboids",
        metavar="N",
        type=_large,
        help="the most cells drawn as cuboids; larger matrices are slabs",
    )
    group.add_argument(
        "--bits", metavar="N", type=int, choices=(8, 16), help="of a value in a slab's picture: 8 or 16"
    )
    group.add_argument(
        "--window", metavar="CELL", help="stand cuboids around a cell of a slab: h.0.mlp.c_fc.weight[3,5]"
    )


def detail_of(args: Arguments, production: Production) -> Detail:
    """How finely to draw a production."""
    from .layout.budget import Detail
    from .staging.production import window_at

    given = {name: getattr(args, name) for name in ("cuboids", "bits") if getattr(args, name) is not None}
    detail = Detail(**given)
    return detail if args.window is None else window_at(production, detail, args.window)


def production_of(args: Arguments) -> Production:
    """The traced model, its layout and its film."""
    from .staging.production import produce

    options = options_of(args)
    model = model_of(args)
    return produce(model, prompt_of(args, model), options)


def options_of(args: Arguments) -> Options:
    """What the arguments choose; a resolution is a format, too."""
    from .staging.options import Options

    chosen = {name: getattr(args, name, None) for name in ("chapters", "language", "look", "heads", "blocks")}
    chosen |= {"cut": getattr(args, "film", None), "format": args.format}
    if getattr(args, "resolution", None) is not None:
        chosen["format"] = "{}:{}".format(*args.resolution)
    return Options(**{name: value for name, value in chosen.items() if value is not None})


def scene_of(args: Arguments, production: Production) -> bpy.types.Scene:
    """A Blender scene of a production, ready to render."""
    from .scene.build import build

    check_quality(args)
    detail = detail_of(args, production)
    scene = build(production, detail)
    set_quality(args, scene, production.film.aspect)
    return scene


def check_quality(args: Arguments) -> None:
    """Raise UserError for a render preset that there is not."""
    from .scene.engines import PRESETS

    if args.render_preset not in PRESETS:
        raise UserError(
            f"There is no render preset {args.render_preset!r}: choose one of {', '.join(PRESETS)}."
        )


def set_quality(args: Arguments, scene: bpy.types.Scene, aspect: float) -> None:
    """Let a scene render as the arguments say."""
    from .scene.engines import PRESETS, apply_preset

    apply_preset(scene, PRESETS[args.render_preset], aspect)
    if args.resolution is not None:
        scene.render.resolution_x, scene.render.resolution_y = args.resolution
    if args.samples is not None:
        scene.cycles.samples = scene.eevee.taa_render_samples = args.samples


def need_blender() -> None:
    """Raise UserError, with the way out, where Blender's Python module cannot be imported."""
    try:
        import bpy  # noqa: F401
    except ModuleNotFoundError:
        how = 'pip install "llm-scene[blender]" (Python 3.11 or 3.13)'
        raise UserError(f"This needs Blender as a Python module: {how}.") from None
    except ImportError as error:
        missing = str(error).partition(":")[0]
        raise UserError(f"Blender needs a system library that is missing: install {missing}.") from None


@contextlib.contextmanager
def quiet_blender() -> Iterator[None]:
    """Keep what Blender prints by itself off standard output; Python's prints still reach it."""
    import ctypes

    def flush() -> None:
        sys.stdout.flush()
        with contextlib.suppress(OSError, AttributeError, TypeError):
            ctypes.CDLL(None).fflush(None)

    flush()
    kept, stdout = os.dup(1), sys.stdout
    with open(kept, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as real:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        if stdout is sys.__stdout__:
            sys.stdout = real
        try:
            yield
        finally:
            flush()
            sys.stdout = stdout
            os.dup2(kept, 1)
            os.close(null)
    os.close(kept)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(16 <= side <= 16384 for side in size):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size such as 1280x720, of 16 to 16384 pixels a side"
        )
    return size


def _large(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 to 1000000000")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 to 65536")
    return int(text)


class Bar:
    """Progress on standard error: one line that moves in a terminal, a line now and then elsewhere."""

    WIDTH, PAUSE = 24, 10.0  # letters; seconds between plain lines

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._last = float("-inf")

    def __call__(self, progress: Progress) -> None:
        """Say how far it is."""
        done, total, left = progress.done, progress.total, progress.left
        now = time.monotonic()
        if not self._moving and done < total and now - self._last < self.PAUSE:
            return
        self._last = now
        time_left = "" if left is None or done == total else f", {int(left) // 60}:{int(left) % 60:02} left"
        pace = f", {(total - done) / left:.2f} a second" if left and done < total else ""
        filled = self.WIDTH * done // total
        bar = f" [{'#' * filled}{'.' * (self.WIDTH - filled)}]" if self._moving else ""
        what = f"{progress.what} on {progress.device}" if progress.device else progress.what
        line = f"{what}: {done} of {total} frames{bar}{pace}{time_left}"
        end = "\n" if not self._moving or done == total else ""
        print(f"\r{line:78}" if self._moving else line, end=end, file=sys.stderr, flush=True)


# --- generate ----------------------------------------------------------------------------------------


def generate_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `generate`."""
    add_scene_arguments(sub, "the .blend to write")
    add_quality_arguments(sub, "final")
    add_detail_arguments(sub)


def generate_scene(args: Arguments) -> None:
    """Write the whole scene, with its film, as a .blend that needs no add-on."""
    _check_output(args.output, ".blend")
    production = production_of(args)
    need_blender()
    from .output.blend import save

    with quiet_blender():
        save(scene_of(args, production), args.output, production.film)
    print(f"{args.output} is ready: {production.film.duration:.1f} s of film.")


# --- render ------------------------------------------------------------------------------------------


def render_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `render`."""
    add_scene_arguments(sub, "the video: .mp4, .webm or .mov; without a suffix, a folder of frames")
    add_quality_arguments(sub, "preview")
    add_detail_arguments(sub)
    add_rendering_arguments(sub)


def add_rendering_arguments(sub: argparse.ArgumentParser) -> None:
    """Which frames to render, and where."""
    group = sub.add_argument_group("part").add_mutually_exclusive_group()
    group.add_argument("--frames", metavar="A-B", type=_frames, help="the first and the last frame")
    group = sub.add_argument_group("computers").add_mutually_exclusive_group()
    group.add_argument("--processes", metavar="N", type=_count, help="how many render at once here")
    group.add_argument(
        "--cluster", metavar="WHERE", help="a Dask scheduler to render with: tcp://scheduler:8786, or local:4"
    )


def render(args: Arguments) -> None:
    """Render the film to a video. Run again after an interruption, it goes on where it stopped."""
    need_blender()
    check_rendering(args)
    production = production_of(args)
    frames_of(args, production.film)
    with quiet_blender():
        render_to_output(args, scene_of(args, production), production.film)


def check_rendering(args: Arguments) -> None:
    """Raise UserError where `render_to_output` could not work, before anything is made."""
    from .output.render.cluster import check_cluster
    from .output.render.local import check_output

    check_output(args.output)
    if args.cluster is not None:
        check_cluster(args.cluster)


def render_to_output(args: Arguments, scene: bpy.types.Scene, film: Film) -> None:
    """Render a scene's film to where the arguments say, and tell where it is."""
    from .output.render.local import render_film

    frames = frames_of(args, film)
    folder = render_film(
        scene,
        film,
        args.output,
        frames=frames,
        processes=args.processes,
        cluster=args.cluster,
        tell=_note,
        progress=Bar(),
    )
    seconds = len(frames) / film.fps
    print(f"{args.output} is ready: {seconds:.1f} s; its frames are in {folder}.")


def _note(sentence: str) -> None:
    """Say what is worth knowing but stops nothing."""
    line = f"llm-scene: {sentence}"
    print(f"\r{line:78}" if sys.stderr.isatty() else line, file=sys.stderr, flush=True)  # over the bar


def frames_of(args: Arguments, film: Film) -> list[int]:
    """The frames that --frames chooses; UserError where there are none such."""
    last = film.n_frames - 1
    if args.frames is not None:
        start, end = args.frames
        if not start <= end <= last:
            raise UserError(f"The film has frames 0 to {last}, not {start} to {end}.")
        return list(range(start, end + 1))
    return list(range(last + 1))


def _frames(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames such as 0-99")
    return int(found[1]), int(found[2] or found[1])


# --- compare -----------------------------------------------------------------------------------------


def compare_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `compare`."""
    sub.add_argument("models", metavar="MODEL", nargs="*", help="names of presets, or folders of your own")
    sub.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help="a .blend, a video, or a folder of frames",
    )
    add_picture_arguments(sub.add_argument_group("film"))
    add_quality_arguments(sub, "preview")
    add_rendering_arguments(sub)


def compare(args: Arguments) -> None:
    """Show models side by side: as a .blend with the film about their scale, or that film itself."""
    need_blender()
    from .output.blend import save
    from .scene.comparison import build_comparison
    from .staging.comparison import compare as compare_models
    from .staging.comparison import model_named

    to_file = args.output.suffix.lower() == ".blend"
    if to_file:
        _check_output(args.output, ".blend")
    else:
        check_rendering(args)
    check_quality(args)
    options = options_of(args)
    models = [model_named(name) for name in args.models]
    made = compare_models(models, options)
    frames_of(args, made.film)
    with quiet_blender():
        scene = build_comparison(made)
        set_quality(args, scene, options.aspect)
        if not to_file:
            render_to_output(args, scene, made.film)
            return
        save(scene, args.output, made.film)
    print(f"{args.output} is ready: {made.film.duration:.1f} s of film.")


# --- farm --------------------------------------------------------------------------------------------


def farm_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `farm`."""
    add_scene_arguments(sub, "the folder to write")
    add_quality_arguments(sub, "final")
    add_detail_arguments(sub)


def farm(args: Arguments) -> None:
    """Leave a folder for a render farm: the scene, a job type for Flamenco, and how to submit it."""
    need_blender()
    from .output.render.farm import README, check_farm, write_farm

    check_farm(args.output)
    production = production_of(args)
    with quiet_blender():
        write_farm(scene_of(args, production), args.output, production.film)
    print(
        f"{args.output} is ready: {production.film.n_frames} frames; {README} in it says how to submit them."
    )


# --- export, captions --------------------------------------------------------------------------------


def export_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `export`."""
    add_scene_arguments(sub, "what to write: a .glb for other programs, or a web page, .html")
    group = sub.add_argument_group("glTF")
    group.add_argument(
        "--mode", metavar="NAME", default="texture", help="how cells are carried: texture, instances or mesh"
    )
    group.add_argument("--chapter-clips", action="store_true", help="also a clip for each chapter")


def export(args: Arguments) -> None:
    """Write the scene and its film as glTF for other programs, or as a web page to play and explore."""
    _check_output(args.output, ".glb", ".html")
    need_blender()
    from .output.gltf import check_mode, export_gltf
    from .output.page import export_page

    check_mode(args.mode)
    made = production_of(args)
    with quiet_blender():
        if args.output.suffix.lower() == ".html":
            export_page(args.output, made)
        else:
            export_gltf(args.output, made, mode=args.mode, chapter_clips=args.chapter_clips)
    print(f"{args.output} is ready: {args.output.stat().st_size / 1e6:.1f} MB.")


def captions_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `captions`."""
    add_scene_arguments(sub, "the subtitles to write: .srt or .vtt")


def captions(args: Arguments) -> None:
    """Write the film's captions as subtitles."""
    from .output.captions import check_suffix, write_captions
    from .writing import check_target

    check_suffix(args.output.suffix)
    check_target(args.output)
    made = production_of(args)
    write_captions(args.output, made)
    print(f"{args.output} is ready: {len(made.film.captions)} captions.")


def _check_output(path: Path, *suffixes: str) -> None:
    from .writing import check_target

    if path.suffix.lower() not in suffixes:
        raise UserError(f"{path} should end in {' or '.join(suffixes)}.")
    check_target(path)


# --- demo --------------------------------------------------------------------------------------------


def demo_arguments(sub: argparse.ArgumentParser) -> None:
    """Arguments of `demo`."""
    sub.add_argument("-o", "--output", metavar="FOLDER", type=Path, default=Path("renders"), help="(renders)")
    sub.add_argument("--frames", metavar="A-B", type=_frames, help="only these frames of the teaser")
    add_quality_arguments(sub, "draft")
    add_detail_arguments(sub)
    add_model_arguments(sub)
    sub.set_defaults(
        prompt=None,
        tokens=None,
        steps=1,
        language="en",
        look="studio",
        chapters=None,
        format="landscape",
        heads="fan",
        blocks="row",
        processes=None,
        cluster=None,
        mode="texture",
        chapter_clips=False,
    )


def demo(args: Arguments) -> None:
    """Leave a short film, the scene, the glTF and the web page of the letter sorter in a folder."""
    folder = args.output
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: give the name of a folder.")
    folder.mkdir(exist_ok=True)

    def run(command: Callable[[Arguments], None], name: str, film: str, **settings: Any) -> None:
        command(argparse.Namespace(**(vars(args) | settings | {"output": folder / name, "film": film})))

    name = model_of(args).name
    run(generate_scene, f"{name}.blend", "full", render_preset="final", resolution=None, samples=None)
    run(export, f"{name}.glb", "full")
    run(export, f"{name}.html", "full")
    run(render, "teaser.mp4", "teaser")


COMMANDS: list[Command] = [
    Command("predict", "Continue a prompt and print the probabilities.", predict_arguments, predict),
    Command("info", "Say what a model is and what a scene of it costs.", info_arguments, info),
    Command("explain", "Say how one cell came about.", explain_arguments, explain),
    Command(
        "convert", "Turn a GGUF file or a torch checkpoint into a model folder.", convert_arguments, convert
    ),
    Command("generate", "Write the whole scene as a .blend.", generate_arguments, generate_scene),
    Command("render", "Render the film to a video.", render_arguments, render),
    Command("compare", "Show models side by side in true proportion.", compare_arguments, compare),
    Command("farm", "Leave a folder for a render farm.", farm_arguments, farm),
    Command("export", "Write the scene and its film as glTF or as a web page.", export_arguments, export),
    Command("captions", "Write the film's captions as subtitles.", captions_arguments, captions),
    Command("demo", "Leave a short film, a .blend, a .glb and a web page in a folder.", demo_arguments, demo),
    Command("presets", "List the models that are there.", presets_arguments, presets),
]

if __name__ == "__main__":
    sys.exit(main())
