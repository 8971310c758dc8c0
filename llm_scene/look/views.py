"""The kinds of shots: from which angles and through which lens each is seen, and what it must fill.

There are five and no others, so that a viewer always knows where the camera stands: in front of the whole
(plan), along the wall (walk), before what is computed (detail), near enough to touch (close), or before
the stage on which a calculation is shown (stage). All of them stand on one side of the axis.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 640  # pixels of the picture in which sizes are counted; its height follows from the format


@dataclass(frozen=True)
class View:
    """Azimuth and elevation in degrees, the lens in mm, and the least height of a cell in pixels."""

    azimuth: float
    elevation: float
    lens: float
    drift: float  # degrees by which the camera turns while it is read
    cell: float = 0.0  # a sheet whose cells would be smaller is shown in part


VIEWS = {
    "plan": View(-12.0, 6.0, 35.0, 2.5),
    "walk": View(-52.0, 9.0, 34.0, 3.0),
    "detail": View(-13.0, 6.0, 60.0, 3.0, cell=6.0),
    "close": View(-26.0, 11.0, 70.0, 4.0, cell=14.0),
    "stage": View(-8.0, 3.0, 60.0, 1.5),
}

# What a picture 640 wide needs to be read, in pixels.
NAME, LEAST = 15.0, 12.0  # the capitals of a name; under this nothing is shown
CAPITAL = 0.727  # height of a capital relative to the size of the type
DESCENT = 0.22  # how far letters reach below their baseline, in sizes of type
