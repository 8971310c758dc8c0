"""config.json of a checkpoint folder as a `Config`, every entry checked before it is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError
from ..fields import Fields, short
from ..network import Config
from ..network.families import FAMILIES
from ..network.families.family import IDLE, checked, refuse_unusual, settled
from .files import CONFIG_BYTES, read_object

METHODS = {
    "gptq": "GPTQ",
    "awq": "AWQ",
    "fp8": "FP8",
    "fbgemm_fp8": "FP8",
    "mxfp4": "MXFP4",
}  # as people know them


def read_config(folder: Path) -> Config:
    """The shape of the model in a checkpoint's folder."""
    return read_settings(folder)[0]


def read_settings(folder: Path) -> tuple[Config, list[str]]:
    """The shape of the model in a checkpoint's folder, and what was strange about its config.json."""
    path = folder / "config.json"
    fields = Fields(path, read_object(path, CONFIG_BYTES))
    family = fields.raw("model_type")
    if not isinstance(family, str) or family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise fields.error(f"the model type {short(family)} is not known here, only {known}")
    if fields.has("quantization_config"):
        raise quantised(path, fields.raw("quantization_config"))
    return config_of(fields)


def quantised(path: Path, settings: object) -> UserError:
    """What to say about weights that are packed into few bits, with the form to get instead."""
    method = settings.get("quant_method") if isinstance(settings, dict) else None
    how = f" ({METHODS.get(method, method)})" if isinstance(method, str) and method.isprintable() else ""
    return UserError(
        f"{path}: the weights are quantised{how}: get the model's float16 or bfloat16 form, or its GGUF and "
        "`llm-scene convert` it."
    )


def shape_from_table(path: Path, table: Any) -> Config:
    """The shape that a preset spells out: Hugging Face's config entries as a TOML table."""
    if not isinstance(table, dict) or table.get("model_type") not in FAMILIES:
        raise UserError(f"{path}: [shape] needs a model_type out of {', '.join(FAMILIES)}.")
    return config_of(Fields(path, table))[0]


def config_of(fields: Fields) -> tuple[Config, list[str]]:
    """The shape that entries describe, and what was strange about them; `model_type` must be known."""
    family = FAMILIES[fields.data["model_type"]]
    fields = settled(fields, family.aliases)
    refuse_unusual(fields)
    config = checked(family.read(fields), fields)
    unknown = sorted(set(fields.data) - fields.asked - IDLE - family.idle)
    notes = [f"{fields.path.name}: {note}" for note in fields.notes]
    if unknown:
        some = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        notes.append(f"{fields.path.name} has entries that are not known here and were not used: {some}.")
    return config, notes
