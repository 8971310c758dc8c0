"""The command line: `llm-scene predict --prompt CBABBC`.

Every subcommand is a row of `COMMANDS`: what it is told, and the function that is called with it. Everything
that can go wrong through the user's doing ends in `main` as one sentence and exit status 2.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..choices import listed
from ..errors import UserError, hearing
from ..plain import for_terminal
from . import films, models
from .arguments import (
    MODEL,
    PROMPT,
    SCENE,
    Argument,
    Asked,
    Chosen,
    Computed,
    Drawn,
    Rendered,
    Value,
    count,
    output,
    seconds,
)
from .terminal import note

JSON = Value("--json", action="store_true", help="print plain data as JSON")


@dataclass(frozen=True)
class Command:
    """A subcommand: what it is told, by the parameters of the function that does it."""

    name: str
    help: str
    run: Callable[..., int | None]  # exit status; None: 0
    arguments: Mapping[str, Argument] = field(default_factory=dict)


class Parser(argparse.ArgumentParser):
    """Reports mistakes as every other mistake is reported: in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError."""
        raise UserError(f"{message[:1].upper()}{message[1:]}.")


def _of_formats() -> list[type]:
    from ..output.formats import FORMATS

    return list(dict.fromkeys(kind for form in FORMATS.values() for kind in form.choices))


def _suffixes() -> list[str]:
    from ..output.formats import FORMATS

    return [suffix for form in FORMATS.values() for suffix in form.suffixes]


def _options() -> list[type]:
    from ..staging.options import Options

    return [Options]


def _convert_arguments() -> dict[str, Argument]:
    from ..models.convert import DTYPES

    file = "a .gguf, a folder with pytorch_model.bin, or a .pt of nanoGPT or minGPT"
    kept = "what quantised weights become: float32 is exact, float16 half the size"
    return {
        "source": Value("source", metavar="FILE", type=Path, help=file),
        "target": Value("target", metavar="FOLDER", type=Path, help="to write; it must not exist yet"),
        "meta": Value("--meta", metavar="META.pkl", type=Path, help="nanoGPT's table of letters, if any"),
        "heads": Value("--heads", metavar="N", type=int, help="how many, where the file does not say it"),
        "dtype": Value("--dtype", choices=DTYPES, default=DTYPES[0], help=kept),
    }


CELL = Value("cell", metavar="CELL", help="for example blocks.0.attn.scores[head=2,query=5,key=2]")
TRACE = Value("--trace", metavar="FILE.npz", type=Path, help="write every intermediate by its name")
POSITIONS = Value("--positions", metavar="N", type=count, help=f"of the scene ({models.POSITIONS})")
COMPARED = Value("models", metavar="MODEL", nargs="*", help="names of presets, or folders of your own")
BLEND = output("the .blend to write")
FILM = output("the video: .mp4, .webm or .mov; without a suffix, a folder of frames")
COMPARISON = output("a .blend, a video, or a folder of frames")
FARM = output("the folder to write")
FILE = output(lambda: f"what to write: a name that ends in {listed(_suffixes())}")
LOOK = output("the folder to write", Path("look"))
EVERY = Value("--every", metavar="SECONDS", type=seconds, default=1.0, help="between two frames (1)")
ANY_BLEND = Value("--blend", metavar="FILE", type=Path, help="a .blend to look at instead of a model")
SUBTITLES = output("the subtitles to write: .srt or .vtt")
FOLDER = output("(renders)", Path("renders"))
FORCE = Value("--force", action="store_true", help="replace a file that is there already")
COMMON = Chosen(_options, lambda one: one.compared)  # to models side by side

COMMANDS: list[Command] = [
    Command(
        "predict",
        "Continue a prompt and print the probabilities.",
        models.predict,
        {"question": PROMPT, "as_json": JSON, "trace": TRACE},
    ),
    Command(
        "info",
        "Say what a model is and what a scene of it costs.",
        models.info,
        {"question": MODEL, "positions": POSITIONS, "as_json": JSON},
    ),
    Command(
        "explain",
        "Say how one cell came about.",
        models.explain,
        {"cell": CELL, "question": PROMPT, "as_json": JSON},
    ),
    Command(
        "convert",
        "Turn GGUF and torch files into a model folder.",
        models.convert,
        _convert_arguments(),
    ),
    Command(
        "generate",
        "Write the whole scene as a .blend.",
        films.generate,
        {
            "output": BLEND,
            "question": SCENE,
            "quality": Rendered("final"),
            "detail": Drawn(),
            "force": FORCE,
        },
    ),
    Command(
        "render",
        "Render the film to a video.",
        films.render,
        {
            "output": FILM,
            "question": SCENE,
            "quality": Rendered("preview"),
            "detail": Drawn(),
            "part": Computed(),
            "force": FORCE,
        },
    ),
    Command(
        "look",
        "Leave a frame a second on one sheet, with what can be measured of each.",
        films.look,
        {
            "output": LOOK,
            "question": SCENE,
            "quality": Rendered("draft"),
            "detail": Drawn(),
            "part": Computed(),
            "every": EVERY,
            "blend": ANY_BLEND,
        },
    ),
    Command(
        "compare",
        "Show models side by side in true proportion.",
        films.compare,
        {
            "models": COMPARED,
            "output": COMPARISON,
            "chosen": COMMON,
            "quality": Rendered("preview"),
            "part": Computed(),
            "force": FORCE,
        },
    ),
    Command(
        "farm",
        "Leave a folder for a render farm.",
        films.farm,
        {"output": FARM, "question": SCENE, "quality": Rendered("final"), "detail": Drawn()},
    ),
    Command(
        "export",
        "Write the scene and its film in the format that the suffix of a name says.",
        films.export,
        {"output": FILE, "question": SCENE, "chosen": Chosen(_of_formats), "force": FORCE},
    ),
    Command(
        "captions",
        "Write the film's captions as subtitles.",
        films.captions,
        {"output": SUBTITLES, "question": SCENE, "force": FORCE},
    ),
    Command(
        "demo",
        "Leave a short film, a .blend, a .glb and a web page in a folder.",
        films.demo,
        {
            "output": FOLDER,
            "question": Asked("look"),
            "quality": Rendered("draft"),
            "detail": Drawn(),
            "part": Computed(),
        },
    ),
    Command("presets", "List the models that are there.", models.presets, {"as_json": JSON}),
]


def parser() -> argparse.ArgumentParser:
    """All subcommands with their arguments."""
    top = Parser(prog="llm-scene", description="Show how a language model computes, in three dimensions.")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for command in COMMANDS:
        sub = subparsers.add_parser(command.name, help=command.help, description=command.help)
        for argument in command.arguments.values():
            argument.add(sub)
        sub.set_defaults(asked=command)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        given = vars(parser().parse_args(argv))
        command: Command = given["asked"]
        with hearing(note):
            status = command.run(**{name: one.take(given) for name, one in command.arguments.items()})
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
    print(f"llm-scene: {for_terminal(' '.join(sentence.splitlines()))}", file=sys.stderr)
    return 2


def _system_error(error: OSError) -> str:
    words = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{words}."
