"""What is computed: a language model as a graph of named matrices, evaluated in numpy.

The graph is declared once, in the family's entry (`families`). From the declaration come the inference
(`run`), the cells a cell is made of (`Trace.sources`), the formulas, the order of the data flow, the
names and the colours, and for the common kinds of matrices the places in the scene.
"""

from .config import Config, Experts, Rope
from .generation import Continuation, Step, generate
from .graph import Declaration, Matrix, Network, View
from .sampling import Sampling
from .trace import Evaluator, Trace, run

__all__ = [
    "Config",
    "Continuation",
    "Evaluator",
    "Experts",
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
    from .families import FAMILIES

    family = FAMILIES[config.family]
    net = Declaration(config, family.keys)
    family.declare(net)
    return net.network()
