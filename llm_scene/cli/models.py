"""Commands about models: what they are, what they answer, and how an answer came about."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .terminal import Share, note, say, table

if TYPE_CHECKING:
    from ..models import Model
    from ..network import Continuation, Step
    from .arguments import Question

CANDIDATES = 10  # tokens listed for each step
POSITIONS = 16  # of the scene that `info` reckons


def predict(question: Question, as_json: bool, trace: Path | None) -> None:
    """Print how the model continues a prompt, and how sure it was."""
    from ..writing import check_target

    if trace is not None:
        check_target(trace)
    model, found = _answer(question)
    for warning in model.warnings:
        note(f"warning: {warning}")
    if trace is not None:
        write_trace(found, trace)
    say(json.dumps(continuation_data(model, found), indent=1) if as_json else continuation_text(model, found))


def explain(cell: str, question: Question, as_json: bool) -> None:
    """Say how one cell of the forward pass came about."""
    from ..network import sections
    from ..network.addresses import parse_cell
    from ..network.explain import explain as explain_cell
    from ..staging.naming import naming

    model, steps, prompt = _asked(question)
    parse_cell(model.network, len(prompt) + steps - 1, cell)  # before anything is computed
    _, found = _answer(question)
    matrix, at = parse_cell(model.network, found.trace.n_positions, cell)
    explanation = explain_cell(found.trace, matrix.name, at)
    if as_json:
        say(json.dumps(plain(asdict(explanation)), indent=1))
        return
    head = (sections.head(at[0]),) if matrix.axes[0] == "head" else ()
    say(explanation.text(naming("en", model.network).title((*matrix.section, *head), matrix.label)))


def info(question: Question, positions: int | None, as_json: bool) -> None:
    """Say what a model is and what a scene of it would cost."""
    from ..layout.facts import cost_facts, model_facts

    model = question.model()
    n_positions = min(positions or POSITIONS, model.config.n_ctx)
    rows = (*model_facts(model), ("Scene over", f"{n_positions} positions"), *cost_facts(model, n_positions))
    if as_json:
        say(json.dumps({"model": model.title, **dict(rows)}, indent=1, ensure_ascii=False))
    else:
        say("\n".join([model.title, table(rows), *model.warnings]))


def presets(as_json: bool) -> None:
    """List the models that are there."""
    from ..models import n_params
    from ..staging.options import readable_presets

    found = [(preset, n_params(preset)) for preset in readable_presets()]
    if as_json:
        say(
            json.dumps(
                [
                    {
                        "name": preset.name,
                        "title": preset.title,
                        "parameters": count,
                        "weights": preset.shape is None,
                        "prompt": preset.prompt,
                    }
                    for preset, count in found
                ],
                indent=1,
            )
        )
        return
    rows = []
    for preset, count in found:
        what = preset.description if preset.shape is None else f"{preset.title}: shape without weights"
        rows.append((preset.name, f"{count:,} parameters", what))
    say(table(rows, right=(1,)))


def convert(source: Path, target: Path, meta: Path | None, heads: int | None, dtype: str) -> None:
    """Turn a file into a folder that `--model` takes."""
    from ..models.convert import convert as convert_checkpoint

    for remark in convert_checkpoint(source, target, meta, heads, dtype, Share("Writing")):
        note(remark)
    say(f"{target} is ready: llm-scene predict --model {target}")


def plain(value: Any) -> Any:
    """Data that JSON has words for: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_trace(found: Continuation, path: Path) -> None:
    """Every computed matrix under its name as float32, and `tokens`, in an .npz file."""
    import numpy as np

    from ..writing import whole_file

    names = [matrix.name for matrix in found.trace.network.computed]
    arrays: dict[str, Any] = {name: found.trace[name] for name in names}
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, tokens=np.array(found.trace.tokens), **arrays)


def continuation_data(model: Model, found: Continuation) -> dict[str, Any]:
    """A continuation as plain data: the chosen tokens and the best candidates of each step."""
    words = model.tokenizer
    return {
        "model": model.name,
        "prompt": words.decode(found.prompt),
        "continuation": words.decode(found.chosen),
        "prompt_tokens": found.prompt,
        "tokens": found.chosen,
        "ended": found.chosen[-1] in model.ends,
        "steps": [
            {
                "position": step.position,
                "token": step.chosen,
                "text": words.decode([step.chosen]),
                "probability": float(step.probs[step.chosen]),
                "candidates": [_candidate(model, step, token) for token in step.top(CANDIDATES)],
            }
            for step in found.steps
        ],
    }


def continuation_text(model: Model, found: Continuation) -> str:
    """A continuation to be read: the text, and a line a step with the probabilities."""
    words = model.tokenizer
    rows = [["step", "token", "probability", "candidates"]]
    for number, step in enumerate(found.steps, 1):
        likely = "  ".join(f"{words.piece(t)} {step.probs[t]:.2%}" for t in step.top(5))
        rows.append([str(number), words.piece(step.chosen), f"{step.probs[step.chosen]:.2%}", likely])
    text = f"{words.decode(found.prompt)} → {words.decode(found.chosen)}"
    if found.chosen[-1] in model.ends:
        text += f"\n{words.piece(found.chosen[-1])} ends the text."
    return f"{text}\n\n{table(rows, right=(0, 2))}"


def _asked(question: Question) -> tuple[Model, int, list[int]]:
    """The model, how many tokens it adds, and its prompt."""
    model = question.model()
    steps = question.options(model).steps
    if steps < 1 and "steps" in question.given:
        raise UserError(f"At least one step is needed, not {steps}.")
    return model, max(1, steps), question.prompt(model, max(1, steps))


def _answer(question: Question) -> tuple[Model, Continuation]:
    model, steps, prompt = _asked(question)
    options = question.options(model)
    return model, model.generate(prompt, steps, options.sampling, options.ignore_eos)


def _candidate(model: Model, step: Step, token: int) -> dict[str, Any]:
    return {
        "token": token,
        "text": model.tokenizer.decode([token]),
        "probability": float(step.probs[token]),
        "sampled_from": float(step.filtered[token]),
    }
