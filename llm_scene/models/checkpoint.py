"""The tensors of a checkpoint folder: memory-mapped, and turned into float32 when first asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..network import Config, Network, declare
from ..network.activations import Array
from ..network.families import FAMILIES
from .config_json import quantised
from .files import INDEX_BYTES, check_file, gguf_file, read_object, torch_file, torch_in
from .header import Entry, read_header

NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
SHARDS = 4096
PACKED = (
    ".qweight",
    ".weight_packed",
    ".SCB",
    ".quant_state",
    ".absmax",
)  # GPTQ, AWQ, compressed, bitsandbytes
WRAPPERS = ("module.", "_orig_mod.", "model.", "transformer.", "gpt_neox.")  # in any order
BUFFERS = (  # what some files hold beside the weights
    ".attn.bias",
    ".attn.masked_bias",
    ".attention.bias",
    ".attention.masked_bias",
    ".rotary_emb.inv_freq",
)


class Checkpoint(Mapping[str, Array]):
    """Tensors by key, as float32 arrays in their stored layout.

    float32 stays a view of the file; half precision is converted once, tensor by tensor.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = dict(entries)
        self._maps: dict[Path, np.memmap] = {}  # type: ignore[type-arg,unused-ignore]
        self._ready: dict[str, Array] = {}
        self._broken: dict[str, int] = {}  # NaN or infinite values by key, 0 where there are none

    def __getitem__(self, key: str) -> Array:
        if key not in self._ready:
            self._ready[key] = self._read(self.entries[key])
        return self._ready[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def dtype(self) -> str:
        """The number format that most values are stored in."""
        amount: dict[str, int] = {}
        for entry in self.entries.values():
            amount[entry.dtype] = amount.get(entry.dtype, 0) + entry.end - entry.start
        return NAMES[max(amount, key=lambda d: amount[d])] if amount else "float32"

    def broken(self) -> dict[str, int]:
        """How many values are NaN or infinite, by key; reads what has not been read yet."""
        for key, entry in self.entries.items():
            if key not in self._broken:
                self._read(entry)
        return {key: count for key, count in self._broken.items() if count}

    def _read(self, entry: Entry) -> Array:
        stored = self._bytes(entry).view(NUMPY[entry.dtype]).reshape(entry.shape)
        if entry.dtype == "BF16":  # the upper half of a float32; numpy has no such type
            array = (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                array = np.asarray(stored, np.float32)
        self._broken[entry.name] = _count_broken(array)
        return array

    def _bytes(self, entry: Entry) -> np.ndarray:  # type: ignore[type-arg,unused-ignore]
        if entry.start == entry.end:
            return np.empty(0, np.uint8)
        if entry.path not in self._maps:
            self._maps[entry.path] = np.memmap(entry.path, np.uint8, "r")
        return np.asarray(self._maps[entry.path])[entry.start : entry.end]


def _count_broken(array: Array) -> int:
    """NaN and infinite values. A sum is finite where all of them are, and much faster to look at."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum(dtype=np.float32)):
            return 0
    return int(array.size - np.isfinite(array).sum())


def open_checkpoint(folder: Path, config: Config) -> tuple[Network, Checkpoint, list[str]]:
    """The graph and the weights of a model, and warnings about what the files hold besides.

    A head in the files counts, also where config.json says that the token table serves as head. Raises
    UserError for tensors that are missing, of another shape, or in a format that is not known.
    """
    entries = _entries(folder)
    network = declare(config)
    found = rename(entries, network)
    notes = _settle_head(found, network)
    if notes:
        network = declare(replace(config, tied=False))
        found = rename(entries, network)
    needed = stored_shapes(network)
    missing = [key for key in needed if key not in found]
    if missing:
        packed = next((key for key in found if key.endswith(PACKED)), None)
        if packed is not None:
            raise quantised(found[packed].path, {"quant_method": f"{packed[:80]} is packed"})
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(f"{_file(folder)} lacks the tensor {missing[0]}{more}.")
    for key, shape in needed.items():
        entry = found[key]
        if entry.shape != shape:
            sizes = f"{_by(entry.shape)}, where config.json says {_by(shape)}"
            raise UserError(f"{entry.path}: {key} is {sizes}.")
        if entry.dtype not in NUMPY:
            formats = ", ".join(NAMES.values())
            raise UserError(f"{entry.path}: {key} is stored as {entry.dtype}; only {formats} are read.")
    head = _head_key(network)
    extra = sorted(key for key in found if key not in needed and key != head)
    if extra:
        _refuse_biases(extra, network, found[extra[0]].path)
        count = "1 tensor is" if len(extra) == 1 else f"{len(extra)} tensors are"
        notes.append(f"{count} no part of the model and left out: {', '.join(extra[:3])}.")
    return network, Checkpoint({key: found[key] for key in needed}), notes


def stored_shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor that a network reads, as checkpoints store it."""
    shapes: dict[str, tuple[int, ...]] = {}
    for matrix in network.weights:
        view = matrix.view
        assert view is not None
        shape = view.stored(matrix.shape(0))
        for key in view.keys:  # of parts side by side the last one reaches furthest
            before = shapes.get(key, shape)
            shapes[key] = tuple(max(a, b) for a, b in zip(before, shape, strict=True))
    return shapes


def rename(entries: dict[str, Entry], network: Network) -> dict[str, Entry]:
    """Entries under the keys that the declarations use, without buffers.

    Files write the keys with the prefix of the bare model or without it.
    """
    prefix = FAMILIES[network.config.family].prefix
    needed = set(stored_shapes(network))
    found: dict[str, Entry] = {}
    for key, entry in entries.items():
        short = own_key(key, needed, prefix)
        if short in found:
            raise UserError(f"{entry.path} holds {short} twice, with and without {prefix!r}.")
        if not short.endswith(BUFFERS):
            found[short] = entry if short == entry.name else Entry(entry.path, short, *_rest(entry))
    return found


def own_key(key: str, needed: Collection[str], prefix: str) -> str:
    """The key that a model needs, of one that trainers and compilers have put prefixes before.

    `prefix` is that of the family's bare model, which files write or leave out. A key that is not needed
    loses all of them.
    """
    rest = key
    while True:
        for candidate in (rest, prefix + rest):
            if candidate in needed:
                return candidate
        if not rest.startswith((*WRAPPERS, prefix)):
            return rest
        rest = rest.partition(".")[2]


def _head_key(network: Network) -> str:
    return FAMILIES[network.config.family].keys["unembed.W_U"].weight


def _settle_head(found: dict[str, Entry], network: Network) -> list[str]:
    """Where one table serves as both: take what there is of it, and say so if there are two after all."""
    if not network.config.tied:
        return []
    table, head = network.find("embed.W_E").name, _head_key(network)
    if table not in found and head in found:  # stored under the other name
        found[table] = replace(found[head], name=table)
        return []
    if head not in found or table not in found or _same(found[table], found[head]):
        return []
    return [f"{head} differs from {table}, so it is used although config.json says tie_word_embeddings."]


def _same(a: Entry, b: Entry) -> bool:
    """Whether two tensors hold the same values."""
    if a.shape != b.shape or a.dtype not in NUMPY or b.dtype not in NUMPY:
        return False
    both = Checkpoint({"a": a, "b": b})
    return np.array_equal(both["a"], both["b"], equal_nan=True)


def _refuse_biases(extra: list[str], network: Network, path: Path) -> None:
    """A bias that config.json denies would be left out without anybody's wish."""
    weights = {key.removesuffix("weight") for key in stored_shapes(network)}
    denied = next(
        (key for key in extra if key.endswith("bias") and key.removesuffix("bias") in weights), None
    )
    if denied is not None:
        raise UserError(f"{path} holds {denied}, although config.json says that there is no such bias.")


def _rest(entry: Entry) -> tuple[str, tuple[int, ...], int, int]:
    return entry.dtype, entry.shape, entry.start, entry.end


def _entries(folder: Path) -> dict[str, Entry]:
    single, index = folder / SINGLE, folder / INDEX
    if not any(path.exists() or path.is_symlink() for path in (single, index)):
        _refuse_others(folder)
    if single.exists() or single.is_symlink() or not (index.exists() or index.is_symlink()):
        return read_header(single)
    return _sharded(folder, index)


def _sharded(folder: Path, index: Path) -> dict[str, Entry]:
    """The tensors of all shards that an index names."""
    table = read_object(index, INDEX_BYTES).get("weight_map")
    if not isinstance(table, dict) or not all(isinstance(file, str) for file in table.values()):
        raise UserError(f"{index} has no weight_map from tensors to files.")
    names = sorted(set(table.values()))
    if len(names) > SHARDS:
        raise UserError(f"{index} names {len(names):,} files, where {SHARDS:,} are the most allowed.")
    shards: dict[str, dict[str, Entry]] = {}
    for name in names:
        if Path(name).name != name or len(name) > 255 or set(name) & set("\\:\0") or name in ("", ".."):
            raise UserError(f"{index} names {name[:80]!r}, which is not a file in its own folder.")
        if not name.endswith(".safetensors"):
            raise UserError(f"{index} names {name[:80]!r}, which is no .safetensors file.")
        check_file(folder / name)
        shards[name] = read_header(folder / name)
    absent = [(key, name) for key, name in table.items() if key not in shards[name]]
    if absent:
        key, name = absent[0]
        raise UserError(f"{folder / name} lacks the tensor {key[:80]!r} that {index.name} looks for there.")
    return {key: shards[name][key] for key, name in table.items()}


def _refuse_others(folder: Path) -> None:
    """Name the weights that are there under another name or in another form."""
    others = sorted(path for path in folder.glob("*.safetensors") if not path.name.startswith("adapter"))
    if len(others) == 1:
        raise UserError(f"The weights are in {others[0]}: rename it to {SINGLE}.")
    if (torch := torch_in(folder)) is not None:
        raise torch_file(torch)
    if ggufs := sorted(folder.glob("*.gguf")):
        raise gguf_file(ggufs[0])


def _file(folder: Path) -> Path:
    return folder / (SINGLE if (folder / SINGLE).exists() else INDEX)


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "of a single number"
