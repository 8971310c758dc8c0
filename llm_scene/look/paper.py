"""A light room: paper under a window."""

from .light import Light, Sun
from .look import Look

PAPER = Look(
    name="paper",
    title="Light paper",
    wall="#dededc",
    middle="#f4f4f2",
    floor="#e6e6e4",
    ink="#1c2230",
    faint="#6b7078",
    accent="#c2410c",
    plate="#c9cdd3",
    grid="#dfe1e4",
    broken="#e5007d",
    idle="#b4b9c2",
    links={"trunk": "#0d8a6c", "data": "#57a894", "weight": "#8fa3cc", "source": "#0a86c2"},
    light=Light(
        suns=(
            Sun("Key light", (38, -42, -20), 2.0, (1.0, 0.98, 0.95), 8),
            Sun("Fill light", (60, 0, 50), 0.5, (0.85, 0.92, 1.0), 40),
            Sun("Rim light", (-55, 0, -40), 0.6, (0.8, 0.88, 1.0), 10),
        ),
        ambient=0.3,
        glow=0.2,
        tone="Standard",
    ),
    lift=0.25,
)
