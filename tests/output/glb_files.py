"""Reading a .glb as its specification says, without the writer's code."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any


def read_glb(data: bytes) -> tuple[Mapping[str, Any], bytes]:
    """The JSON and the buffer of a .glb."""
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[20 + length + 8 :]
