"""The families of models: one entry each.

An entry holds all that is known of a family: its title, how its config.json is read, where its
checkpoints keep the weights, and what it computes. `docs/families.md` says how to add one.
"""

from . import gemma, gpt2, gpt_neox, gpt_oss, gptj, llama, mixtral, olmo2, phi3, stablelm, starcoder2
from .family import Family

FAMILIES: dict[str, Family] = {  # by the model_type of config.json
    "gpt2": gpt2.GPT2,
    "llama": llama.LLAMA,
    "mistral": llama.MISTRAL,
    "qwen2": llama.QWEN2,
    "qwen3": llama.QWEN3,
    "smollm3": llama.SMOLLM3,
    "granite": llama.GRANITE,
    "phi3": phi3.PHI3,
    "gemma": gemma.GEMMA,
    "gemma2": gemma.GEMMA2,
    "gemma3_text": gemma.GEMMA3,
    "olmo2": olmo2.OLMO2,
    "gpt_neox": gpt_neox.GPT_NEOX,
    "gptj": gptj.GPTJ,
    "stablelm": stablelm.STABLELM,
    "starcoder2": starcoder2.STARCODER2,
    "mixtral": mixtral.MIXTRAL,
    "qwen2_moe": mixtral.QWEN2_MOE,
    "qwen3_moe": mixtral.QWEN3_MOE,
    "gpt_oss": gpt_oss.GPT_OSS,
}

__all__ = ["FAMILIES", "Family"]
