"""How close-ups follow another prompt than the film's: what their cells, lines and words hang on.

Every piece that tells numbers has a module here, which says of the piece's own things, by their names in it,
what they are painted by, where they stand, how large they are and what they say. All of that are rows of one
list of numbers (`sums`), which whoever shows the film can work out again.
"""

from __future__ import annotations

from ...layout.layout import Layout
from ..film import Film
from . import choice, dot, mix, mlp, norm, products, residual, softmax
from .copied import Copies
from .shaping import Shaping
from .sums import Sums

SHAPES = (norm.shape, dot.shape, softmax.shape, mix.shape, choice.shape, residual.shape)
WORDS = (norm.words, dot.words, softmax.words, mix.words, choice.words, products.words)
FREE = (*mlp.FREE, *softmax.FREE)  # how names begin of what keeps the scale of the film's prompt


def followed(film: Film, layout: Layout, sums: Sums) -> Shaping:
    """What all close-ups hang on, as further rows of the list of numbers."""
    copies = Copies(film, layout, sums, (*residual.STILL, *choice.STILL))
    shaping = Shaping(film, copies, sums)
    for shape in SHAPES:
        shape(shaping)
    copies.spread()
    mlp.shape(shaping)  # which takes its numbers from copies
    for words in WORDS:
        words(shaping)
    return shaping
