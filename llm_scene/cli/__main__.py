"""`python -m llm_scene.cli`."""

import sys

from . import main

sys.exit(main())
