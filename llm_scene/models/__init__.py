"""Where weights and words come from: checkpoints, tokenizers, presets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserError
from ..network import Config, Continuation, Network, Sampling, Trace, declare, generate, run
from ..network.generation import Step
from ..network.ops import Array
from ..network.sampling import GREEDY
from ..writing import AnyPath
from .card import Card, card_of
from .checkpoint import Checkpoint, open_checkpoint
from .config_json import read_config, read_settings
from .ends import SENTENCE_ENDS, end_tokens
from .files import check_folder, check_kind
from .hub import cached_as, find_folder, resolved
from .presets import DEFAULT, Preset, find_preset, list_presets, read_preset
from .tokenizer import NumberTokenizer, Tokenizer, load_tokenizer

__all__ = [
    "DEFAULT",
    "Model",
    "Preset",
    "Tokenizer",
    "find_folder",
    "list_presets",
    "load",
    "n_params",
    "read_preset",
]


@dataclass(frozen=True, eq=False)
class Model:
    """A model ready to run: its graph, its weights, its words.

    `weights` maps checkpoint keys (GPT-2: without the leading `transformer.`) to float32 arrays in
    their stored layout; they are read from the file when first asked for.
    """

    name: str
    title: str
    config: Config
    network: Network = field(repr=False)
    weights: Mapping[str, Array] = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    preset: Preset | None = None
    folder: Path | None = None
    notes: tuple[str, ...] = ()  # what was strange about the files
    ends: frozenset[int] = frozenset()  # tokens after which it writes nothing more

    @property
    def has_weights(self) -> bool:
        """False for shapes, which can be shown but not run."""
        return not isinstance(self.weights, NoWeights)

    @property
    def dtype(self) -> str:
        """The number format of the stored weights, "float16" for example."""
        return self.weights.dtype if isinstance(self.weights, Checkpoint) else "float32"

    @property
    def card(self) -> Card:
        """What the model says it is, its licence and its source, as far as the files tell."""
        return card_of(self.folder, self.preset)

    @property
    def warnings(self) -> list[str]:
        """What was strange about the files, one sentence each; reads all weights."""
        broken = self.weights.broken() if isinstance(self.weights, Checkpoint) else {}
        strange = (f"{key} holds {count:,} values that are not finite." for key, count in broken.items())
        return [*self.notes, *strange]

    def trace(self, tokens: Sequence[int], progress: Callable[[float], None] | None = None) -> Trace:
        """The forward pass over token ids, every intermediate kept."""
        return run(self.network, self.weights, self.check_tokens(tokens), progress)

    def generate(
        self,
        tokens: Sequence[int],
        steps: int = 1,
        sampling: Sampling = GREEDY,
        ignore_eos: bool = False,
        sentence: bool = False,
    ) -> Continuation:
        """Continue token ids by `steps` more, or until an end token comes up (unless that is ignored).

        With `sentence` it stops at the end of one, too, though not at once.
        """
        prompt = self.check_tokens(tokens, steps)

        def is_last(step: Step) -> bool:
            if step.chosen in self.ends and not ignore_eos:
                return True
            ended = self.tokenizer.piece(step.chosen).rstrip().endswith(SENTENCE_ENDS)
            return sentence and ended and step.position >= len(prompt)

        return generate(self.network, self.weights, prompt, steps, sampling, is_last=is_last)

    def encode_prompt(self, text: str, steps: int = 1) -> list[int]:
        """Token ids of a prompt that leaves room for `steps` further tokens.

        Raises UserError where the prompt is empty, too long, or has letters that the model does not know.
        """
        self.check_runs()
        return self.check_tokens(self.tokenizer.encode(text), steps)

    def check_runs(self) -> None:
        """Raise UserError for a shape, which can be shown but not run: it says where the model itself is."""
        if isinstance(self.weights, NoWeights):
            raise UserError(self.weights.sentence)

    def check_tokens(self, tokens: Sequence[int], steps: int = 1) -> list[int]:
        """The same ids, if the model knows them and has room for `steps` more.

        The last token that is generated need not be fed in again, so it takes no position.
        """
        self.check_runs()
        c = self.config
        if not tokens:
            raise UserError("The prompt is empty: give at least one token.")
        for token in tokens:
            if not 0 <= token < c.d_vocab:
                raise UserError(f"{self.title} has no token {token}: ids run from 0 to {c.d_vocab - 1}.")
        room = c.n_ctx - max(steps, 1) + 1
        if room < 1:
            raise UserError(f"{self.title} holds {c.n_ctx} tokens, so {steps} steps are too many.")
        if len(tokens) > room:
            more = f" with {steps} steps to come" if steps > 1 else ""
            raise UserError(f"The prompt has {len(tokens)} tokens; {self.title} has room for {room}{more}.")
        return list(tokens)


class NoWeights(Mapping[str, Array]):
    """What a shape has: asking for a value says so, and where there are some."""

    def __init__(self, shape: Preset) -> None:
        model, hub = shape.title, shape.hub
        self.sentence = (
            f"{model} is a shape without weights: compare shows its structure; "
            f"the model itself is {hub} of the Hugging Face hub."
            if hub
            else f"{model} is a shape without weights: compare shows its structure."
        )

    def __getitem__(self, key: str) -> Array:
        raise UserError(self.sentence)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def load(preset: str | None = None, folder: AnyPath | None = None, presets: Iterable[AnyPath] = ()) -> Model:
    """A preset by name, or the checkpoint in a folder as transformers saves it.

    `folder` may be a model's folder in the hub's cache; `find_folder` knows models by name. `presets`
    are folders with further presets.

    Raises UserError, one sentence that names the file and the problem.
    """
    if folder is not None:
        if preset is not None:
            raise UserError("Give either a preset or a model folder, not both.")
        folder = Path(folder)
        check_folder(folder)
        folder = resolved(folder)
        check_kind(folder)
        name = cached_as(folder)
        return _from_folder(folder, name.name if name else folder.resolve().name or str(folder), None)
    chosen = find_preset(preset or DEFAULT, presets)
    if chosen.shape is not None:
        network = declare(chosen.shape)
        words = NumberTokenizer(chosen.title)
        return Model(chosen.name, chosen.title, chosen.shape, network, NoWeights(chosen), words, chosen)
    assert chosen.model_folder is not None
    check_folder(chosen.model_folder)
    return _from_folder(chosen.model_folder, chosen.title, chosen)


def n_params(preset: Preset) -> int:
    """How many stored weights the model of a preset has, without reading them."""
    config = preset.shape
    if config is None:
        assert preset.model_folder is not None
        config = read_config(preset.model_folder)
    return declare(config).n_params()


def _from_folder(folder: Path, title: str, preset: Preset | None) -> Model:
    config, strange = read_settings(folder)
    network, weights, notes = open_checkpoint(folder, config)
    notes = [*strange, *notes]
    tokenizer = load_tokenizer(folder, title)
    if tokenizer.n_tokens > config.d_vocab:
        counts = f"the tokenizer has {tokenizer.n_tokens:,} tokens, the model only {config.d_vocab:,}"
        raise UserError(f"{folder}: {counts}.")
    beyond = tokenizer.beyond(config.d_vocab)
    if beyond:
        notes.append(f"The tokenizer adds {', '.join(beyond[:3])}, which the model does not know.")
    name = preset.name if preset is not None else title
    ends = end_tokens(folder, tokenizer, config.d_vocab)
    return Model(name, title, network.config, network, weights, tokenizer, preset, folder, tuple(notes), ends)
