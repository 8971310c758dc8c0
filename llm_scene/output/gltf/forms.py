"""Things as triangles: how glTF and the web page draw what is neither cells nor writing."""

from __future__ import annotations

import numpy as np

from ...film.formula import filled_part
from ...film.props import Backdrop, Formula
from ...layout.drawn import Text
from ...layout.layout import Box, Letter
from ...look import Look, srgb
from ...network.ops import Array
from ...staging.things import Bar, Drawing, Form, Ramp, Thing, Tubes
from ...staging.tubes import tube
from .lettering import solid
from .shapes import BOX, BOX_NORMALS, BOX_TRIANGLES, QUAD, Shape, light_on, painted, pipe, ribbon, turned

SIDES, FEW = {"trunk": 8}, 3  # of a link's tube; few where it is thin
CORNER = 3  # points of a rounded corner of a link
STEPS = 48  # colours of a strip
TEXELS = {"Sections": 56.0, "Props": 36.0, "Candidates": 44.0}  # height of a text of such a group
SMALL = 32.0  # of any other
COARSE = 0.003  # of a formula's size, by which its outlines may stray: a fifth of a pixel, 1280 wide


def shape_of(form: Form, look: Look) -> Shape | None:
    """What is drawn of a thing; None where it is cells or writing."""
    match form:
        case Tubes():
            return pipes(form, look)[0]
        case Drawing(lines=lines):
            return Shape.joined([ribbon(line.points, line.width, _rgb(look, line.ink)) for line in lines])
        case Letter() as letter:
            return solid(letter, look.inked(letter.ink)[0])
        case Bar():
            return _bar(form, look)
        case Ramp():
            return _strip(form, look)
        case Formula():
            return _formula(form, look)
        case Backdrop(box=box):
            return _backdrop(box, look)
    return None


def texts_of(form: Form) -> tuple[Text, ...]:
    """What is written of a thing."""
    match form:
        case Text():
            return (form,)
        case Drawing(texts=texts):
            return texts
    return ()


def texels(thing: Thing) -> float:
    """How high a line of a thing's writing is in a picture."""
    return TEXELS.get(thing.group[-1], TEXELS.get(thing.group[0], SMALL))


def pipes(tubes: Tubes, look: Look) -> tuple[Shape, Array]:
    """Links, and how far along its link each vertex lies, from 0 to 1."""
    sides, rgb = SIDES.get(tubes.kind, FEW), np.array(srgb(look.links[tubes.kind]))
    made = [tube(link, sides, CORNER) for link in tubes.links]
    shapes = [pipe(rings, quads, sides, rgb) for rings, quads, _ in made]
    return Shape.joined(shapes), np.concatenate([along for _, _, along in made])


def _bar(bar: Bar, look: Look) -> Shape:
    low, high = turned(bar.box.corners()).min(axis=0), turned(bar.box.corners()).max(axis=0)
    corners = low + (BOX + np.array([0, 1, 1])) * (high - low)
    shade = painted(np.broadcast_to(_rgb(look, bar.ink), BOX.shape), light_on(BOX_NORMALS))
    return Shape(corners, BOX_TRIANGLES, shade)


def _formula(formula: Formula, look: Look) -> Shape:
    flat, triangles = filled_part(formula.tex, formula.part, COARSE)
    flat = flat * formula.size
    corners = np.array(formula.at) + np.stack([flat[:, 0], 0 * flat[:, 0], flat[:, 1]], axis=1)
    return Shape(turned(corners), triangles, painted(np.broadcast_to(_rgb(look, formula.ink), corners.shape)))


def _backdrop(box: Box, look: Look) -> Shape:
    (x0, y, z0), (x1, _, z1) = box.low, box.high
    corners = turned(np.array([(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)]))
    return Shape(corners, QUAD, painted(np.broadcast_to(np.array(srgb(look.middle)), corners.shape)))


def _strip(ramp: Ramp, look: Look) -> Shape:
    shares = np.linspace(-1 if ramp.signed else 0, 1, STEPS + 1)
    rgb = look.ramp(ramp.role, ramp.signed).colours(shares)
    (left, y, low), (right, _, high) = ramp.box.low, ramp.box.high
    corners = [(x, y, z) for x in np.linspace(left, right, STEPS + 1) for z in (low, high)]
    quads = 2 * np.arange(STEPS)[:, None, None] + np.array([[0, 2, 3], [0, 3, 1]])
    return Shape(turned(np.array(corners)), quads.reshape(-1, 3), painted(np.repeat(rgb, 2, axis=0)))


def _rgb(look: Look, ink: str) -> Array:
    return np.array(srgb(look.inked(ink)[0]))
