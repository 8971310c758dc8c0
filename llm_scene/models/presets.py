"""Presets: small TOML files that say which model to show and what to ask it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..network import Config
from ..paths import presets_folder
from ..writing import AnyPath, whole_file
from .files import CONFIG_BYTES, read_bytes, reason

DEFAULT = "nano-gpt-sort"
NAME = re.compile(r"[\w-][\w.-]{0,63}")


@dataclass(frozen=True)
class Preset:
    """A model and a question to it, from `preset.toml`, with the options that show it best."""

    name: str
    title: str
    description: str = ""
    task: str = ""  # what it does, as the end of a sentence: "sorts six letters"
    model: str = ""  # folder of the checkpoint, relative to the preset's own; empty for shapes
    prompt: str = ""
    examples: str = ""  # further prompts to try, one a line
    hub: str = ""  # where the model itself is, OWNER/NAME on the Hugging Face hub, when this is a shape of it
    license: str = ""
    source: str = ""
    folder: Path = Path()
    file: Path = Path()
    shape: Config | None = None  # of a model without weights
    options: Mapping[str, Any] = field(default_factory=dict)  # all further entries: see staging.options

    @property
    def model_folder(self) -> Path | None:
        """Where its checkpoint is; None for shapes without weights."""
        return self.folder / self.model if self.model else None


OWN = tuple(f.name for f in fields(Preset) if f.name not in ("folder", "file", "shape", "options"))


def user_folders() -> list[Path]:
    """Folders of the user's own presets, besides those that ship: `LLM_SCENE_PRESETS`, `~/.config/…`."""
    named = [Path(p) for p in os.environ.get("LLM_SCENE_PRESETS", "").split(os.pathsep) if p]
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return [*named, (Path(base) if base else Path.home() / ".config") / "llm-scene" / "presets"]


def list_presets(folders: Iterable[AnyPath] = ()) -> list[Preset]:
    """All presets by name: those that ship, the user's, and those in `folders`; later ones win, but for ours.

    Presets of the user that cannot be read are left out; `find_preset` says what is wrong with them.
    """
    found: dict[str, Preset] = {}
    for path in _files(folders):
        try:
            found[_name(path)] = read_preset(path)
        except UserError:
            continue
    return sorted(found.values(), key=_size)


def find_preset(name: str, folders: Iterable[AnyPath] = ()) -> Preset:
    """The preset of this name."""
    paths = {_name(path): path for path in _files(folders)}
    if name not in paths:
        raise UserError(f"There is no preset {name!r}: choose one of {', '.join(sorted(paths)) or 'none'}.")
    return read_preset(paths[name])


def read_preset(path: Path) -> Preset:
    """A preset from its TOML file."""
    try:
        data = tomllib.loads(read_bytes(path, CONFIG_BYTES).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid TOML: {reason(error)}.") from None
    shape = _shape(path, data.pop("shape", None))
    options = {key: data.pop(key) for key in list(data) if key not in OWN}
    for key, value in data.items():
        if not isinstance(value, str):
            raise UserError(f"{path} needs a text for {key}.")
    data = {"name": _name(path), "title": _name(path)} | data
    preset = Preset(folder=path.parent, file=path, shape=shape, options=options, **data)
    if (preset.shape is None) == (not preset.model):
        raise UserError(f"{path} needs either a model folder or a [shape].")
    return preset


def preset_toml(preset: Preset) -> str:
    """The text of a preset's file, which `read_preset` reads back."""
    import json

    entries = {name: value for name in OWN if (value := getattr(preset, name))} | dict(preset.options)
    lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in entries.items())
    return "".join(lines)


def save_preset(preset: Preset, folder: Path) -> Path:
    """Write a preset into a folder of presets; one of the same name there is replaced.

    Raises UserError where its name cannot be a file's name, or is that of a preset that ships.
    """
    if preset.name.casefold() in (name.casefold() for name in map(_name, _in(presets_folder()))):
        raise UserError(f"{preset.name!r} is a preset that comes with LLM Scene: choose another name.")
    if not NAME.fullmatch(preset.name):
        raise UserError(
            f"{preset.name!r} cannot be the name of a preset: use letters, digits, “-”, “_” and “.”."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{preset.name}.toml"
    with whole_file(path) as temporary:
        temporary.write_text(preset_toml(preset), encoding="utf-8")
    return path


def rename_preset(preset: Preset, name: str, folder: Path) -> Path:
    """Give a preset in a folder another name. Raises UserError where that one is taken or unfit."""
    _check_own(preset, folder)
    if name != preset.name and (folder / f"{name}.toml").exists():
        raise UserError(f"There is a preset {name!r} already: choose another name, or delete that one first.")
    path = save_preset(replace(preset, name=name, title=name), folder)
    if path != preset.file:
        preset.file.unlink()
    return path


def delete_preset(preset: Preset, folder: Path) -> None:
    """Delete a preset in a folder of presets; its model stays. Raises UserError for any other preset."""
    _check_own(preset, folder)
    preset.file.unlink()


def _check_own(preset: Preset, folder: Path) -> None:
    if preset.file.parent != folder or not preset.file.is_file():
        raise UserError(f"{preset.title} is none of the presets that you saved here: it stays as it is.")


def _files(folders: Iterable[AnyPath]) -> list[Path]:
    """The files of all presets, those that win last."""
    return [
        path for folder in (*user_folders(), *map(Path, folders), presets_folder()) for path in _in(folder)
    ]


def _in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(folder.glob("*/preset.toml")) + sorted(folder.glob("*.toml"))


def _name(path: Path) -> str:
    return path.parent.name if path.name == "preset.toml" else path.stem


def _size(preset: Preset) -> tuple[bool, int, str]:
    """Trained ones first, small before large."""
    c = preset.shape
    if c is None:
        return False, 0, preset.name
    neurons = c.d_mlp if c.experts is None else c.experts.count * c.experts.d_mlp
    return True, c.d_model * (c.d_vocab + c.n_layer * (4 * c.d_model + 3 * neurons)), preset.name


def _shape(path: Path, table: Any) -> Config | None:
    if table is None:
        return None
    from .config_json import shape_from_table

    return shape_from_table(path, table)
