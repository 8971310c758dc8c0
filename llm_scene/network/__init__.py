"""What is computed: a language model as a graph of named matrices, evaluated in numpy.

The graph is declared once (`gpt2.declare`, `llama.declare`). From the declaration come the inference
(`run`), the cells a cell is made of (`Trace.sources`), the formulas, the order of the data flow, the
names, the colours and the places in the scene.
"""

from .config import Config, Rope
from .generation import Continuation, Step, generate
from .graph import Matrix, Network, View
from .sampling import Sampling
from .trace import Evaluator, Trace, run

__all__ = [
    "Config",
    "Continuation",
    "Evaluator",
    "Matrix",
    "Network",
    "Rope",
    "Sampling",
    "Step",
    "Trace",
    "View",
    "declare",
    "generate",
    "run",
]


def declare(config: Config) -> Network:
    """The graph of matrices of a model of this shape."""
    from . import gpt2, llama

    return {"gpt2": gpt2.declare, "llama": llama.declare}[config.family](config)
