"""A trace: every number of a forward pass by its name, and where one of them comes from."""

import llm_scene
from llm_scene.network.explain import explain

model = llm_scene.load("nano-gpt-sort")
trace = model.trace(model.encode_prompt("CBABBC"))

pattern = trace["blocks.0.attn.pattern"]  # [head, query, key]
print(f"The first head looks back at the last letter with {pattern[0, 5, 5]:.1%} of its attention.")
print(explain(trace, "blocks.0.attn.pattern", (0, 5, 5)).text())
