"""What a model is and what a scene of it costs, in words: the panel and `llm-scene info` show the same."""

from __future__ import annotations

from ..models import Model
from ..network.families import FAMILIES
from ..plain import duration
from .budget import CUBOIDS, cost

Facts = tuple[tuple[str, str], ...]  # (name, value)


def model_facts(model: Model) -> Facts:
    """What was recognised, and what the model says about itself."""
    c, card = model.config, model.card
    said = (("Calls itself", card.title), ("Licence", card.license), ("Source", card.source))
    heads = f"{c.n_layer} × {c.n_head}"
    if c.n_kv_head != c.n_head:
        heads += f" ({c.n_kv_head} for keys)"
    return (
        ("Family", FAMILIES[c.family].title),
        ("Parameters", f"{model.network.n_params():,}"),
        ("Layers × heads", heads),
        ("Channels", f"{c.d_model:,}"),
        ("MLP", f"{c.d_mlp:,}"),
        ("Vocabulary", f"{c.d_vocab:,}"),
        ("Positions", f"{c.n_ctx:,}"),
        ("Weights", model.dtype if model.has_weights else "none: a shape"),
        ("Tokenizer", model.tokenizer.kind),
        *((name, value) for name, value in said if value),
    )


def cost_facts(model: Model, n_positions: int, budget: int = CUBOIDS) -> Facts:
    """About what a scene over so many positions takes on two cores."""
    found = cost(model.network, n_positions, budget)
    cells = f"{found.cells:,}"
    if found.slab_cells:
        cells += f" ({found.slab_cells / found.cells:.1%} in pictures)"
    return (
        ("Matrices", f"{found.blocks:,}"),
        ("Cells", cells),
        ("Memory", _bytes(found.memory)),
        ("Time to build", f"about {duration(found.seconds, about=True)}"),
    )


def _bytes(count: float) -> str:
    return f"about {count / 1e9:.1f} GB" if count >= 1e9 else f"about {100 * round(count / 1e8)} MB"
