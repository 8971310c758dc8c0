"""A dark room: slate, lit from the upper left."""

from .light import Light, Sun
from .look import Look

STUDIO = Look(
    name="studio",
    title="Dark studio",
    wall="#2a2e38",
    middle="#3d4350",
    floor="#2c303a",
    ink="#f2f5fa",
    faint="#a3adc0",
    accent="#ffc64d",
    plate="#5c6371",
    grid="#454b58",
    broken="#ff00d0",
    idle="#5d6575",
    links={"trunk": "#23b58f", "data": "#7fa3ad", "weight": "#5a7bb5", "source": "#4cd6ff"},
    light=Light(
        suns=(
            Sun("Key light", (38, -42, -20), 3.4, (1.0, 0.96, 0.9), 8),
            Sun("Fill light", (60, 0, 50), 0.7, (0.75, 0.86, 1.0), 40),
            Sun("Rim light", (-55, 0, -40), 2.0, (0.7, 0.82, 1.0), 10),
        ),
        ambient=0.14,
        glow=0.3,
        tone="Standard",
    ),
    lift=0.5,
)
