"""The benchmarks run at their smallest sizes, and what they write is valid."""

import importlib
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import bench_blend, bench_cells, bench_gpt2, bench_network, rivals
from benchmarks.__main__ import FOLDER, README, main
from benchmarks.chart import Series, chart
from benchmarks.measure import SkippedError, alone, in_turns, need, process
from benchmarks.report import Row, budget, ratio, report, requoted, section, sections, table

SVG = "{http://www.w3.org/2000/svg}"
MODULES = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
SMALL = {"model_type": "gpt2", "n_layer": 1, "n_head": 2, "n_embd": 8, "n_positions": 16, "vocab_size": 20}
LINES = [
    Series("steep", ((1e3, 0.01), (1e4, 0.1), (1e5, 1.0))),
    Series("flat & <wide>", ((1e3, 0.5), (1e8, 0.9))),
    Series("flat too", ((1e3, 0.5), (1e8, 0.9))),
]


@pytest.fixture(scope="module")
def figures() -> bench_cells.Figures:
    return bench_cells.figures(10**4, 1)


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def places(line: ElementTree.Element) -> np.ndarray:
    return np.array([[float(n) for n in pair.split(",")] for pair in line.attrib["points"].split()])


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.__doc__
    assert callable(module.rows)


def test_a_table_has_a_cell_for_every_column() -> None:
    lines = table([Row("a", "1 s"), Row("b", "2 s", "other: 1 s", "2.00x", "≤ 3 s")]).splitlines()
    assert cells_of(lines[0]) == ["what", "figure", "alternative", "ratio", "budget"]
    assert [len(cells_of(line)) for line in lines] == [5] * 4


def test_a_ratio_is_ours_by_theirs_and_a_missed_budget_is_named() -> None:
    assert ratio(1.0, 4.0) == "0.25x"
    assert ratio(120.0, 1.0) == "120x"
    assert budget(1.0, 1.5, " s") == "≤ 1.5 s"
    assert budget(2.0, 1.5, " s") == "≤ 1.5 s, **missed**"


def test_sections_of_a_report_are_read_back() -> None:
    parts = {name: section(f"About {name}.", [Row(name, "1 s")], 0.5) for name in ("cells", "gpt2")}
    assert sections(report(parts)) == parts


def test_quoted_lines_follow_the_results() -> None:
    rows = [Row("a", "1 s", "x: 4 s", "0.25x"), Row("a", "1 s", "y: 2 s", "0.50x"), Row("b", "3 s")]
    old = "# Fast\n\n| a | 9 s | y: 1 s | 9.00x |  |\n| c | 1 s |  |  |  |\n| two | cells |\n"
    new = "# Fast\n\n| a | 1 s | y: 2 s | 0.50x |  |\n| c | 1 s |  |  |  |\n| two | cells |\n"
    assert requoted(old, report({"some": section("About.", rows, 0.0)})) == new


def test_the_readme_quotes_the_results() -> None:
    readme = README.read_text("utf-8")
    results = (FOLDER / "results.md").read_text("utf-8").splitlines()
    quoted = [line for line in readme.splitlines() if len(cells_of(line)) == len(Row._fields)]
    assert len(quoted) > 5
    assert set(quoted) <= set(results)
    assert "(benchmarks/results.svg)" in readme


def test_results_are_written_and_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("| nano-GPT, trace of 11 positions | ? |  |  |  |\n")
    assert main(["network"], tmp_path, readme) == 0
    results = (tmp_path / "results.md").read_text("utf-8")
    assert list(sections(results)) == ["network"]
    assert readme.read_text("utf-8") in results
    assert results in capsys.readouterr().out


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert re.fullmatch(r"There is no benchmark nothing: choose some of .+\.\n", capsys.readouterr().err)


def test_the_chart_names_and_draws_every_line() -> None:
    root = ElementTree.fromstring(chart("Time", "cells", "seconds", LINES))
    assert len(root.findall(f".//{SVG}polyline")) == len(LINES)
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Time", "cells", "seconds", "10³", "10⁸", "0.01", "1", *(line.name for line in LINES)} <= texts


def test_the_chart_is_logarithmic_and_within_its_frame() -> None:
    root = ElementTree.fromstring(chart("Time", "cells", "seconds", LINES))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    lines = [places(line) for line in root.iter(f"{SVG}polyline")]
    steps = np.diff(lines[0], axis=0)
    assert np.allclose(steps[0], steps[1], atol=0.2)
    assert steps[0][0] > 0 > steps[0][1]
    every = np.concatenate(lines)
    assert (every > 0).all() and (every < (width, height)).all()


def test_names_in_the_chart_keep_apart() -> None:
    root = ElementTree.fromstring(chart("Time", "cells", "seconds", LINES))
    heights = sorted(float(t.attrib["y"]) for t in root.iter(f"{SVG}text") if t.attrib["class"] == "name")
    assert len(heights) == len(LINES)
    assert min(np.diff(heights)) >= 13


def test_what_is_compared_runs_in_turns() -> None:
    ran: list[str] = []
    times = in_turns({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, 2)
    assert ran == ["a", "b"] * 3
    assert {name: len(found) for name, found in times.items()} == {"a": 2, "b": 2}


def test_memory_is_that_of_the_process_alone() -> None:
    ours = np.ones(40_000_000)  # 320 MB, which the other process must not inherit
    length, peak = alone(len, "abc")
    assert length == 3
    assert 5e6 < peak < ours.nbytes


def test_a_process_that_dies_is_a_reason_and_no_crash() -> None:
    with process() as fresh, pytest.raises(SkippedError, match="ended the process"):
        fresh(os._exit, 1)


def test_what_does_not_fit_into_memory_is_skipped() -> None:
    need(0)
    if Path("/proc/meminfo").exists():
        with pytest.raises(SkippedError, match="needs 1000000 GB of memory"):
            need(1e15)


def test_cells_are_built_every_way(figures: bench_cells.Figures) -> None:
    wanted = {(way, n) for way, sizes in bench_cells.SIZES.items() for n in sizes if n <= 10**4}
    assert set(figures.costs) | set(figures.skipped) == wanted
    assert {way for way, _ in figures.skipped} <= {bench_cells.DATABPY}
    assert all(seconds > 0 and memory > 1e8 for seconds, memory in figures.costs.values())


def test_cells_become_rows_and_a_picture(figures: bench_cells.Figures) -> None:
    rows = bench_cells.compared(figures)
    assert sum("one object a cell" in row.alternative and row.ratio.endswith("x") for row in rows) == 2
    root = ElementTree.fromstring(bench_cells.drawn(figures))
    drawn = {text.text for text in root.iter(f"{SVG}text") if text.attrib["class"] == "name"}
    assert drawn == {bench_cells.NAMES.get(way, way) for way, _ in figures.costs}


def test_growth_is_the_slope_of_the_logarithms() -> None:
    costs = {(bench_cells.OURS, 10**power): (3e-6 * 10 ** (0.9 * power), 1e9) for power in (4, 5, 6)}
    found = bench_cells.Figures({**costs, (bench_cells.OURS, 10**3): (7.0, 1e9)}, {})
    assert found.exponent(bench_cells.OURS) == pytest.approx(0.9)


def test_a_merged_mesh_fills_the_same_space_as_separate_objects(empty_scene: None) -> None:
    import bpy

    material = bpy.data.materials.new("any")
    values = np.array([[0.0, 0.5, -1.0], [1.0, 0.0, 0.25]], np.float32)
    (merged,) = rivals.merged_mesh(values, material)
    one = rivals.one_object_a_cell(values, material)
    bpy.context.scene.collection.objects.link(merged)
    for cell in one:
        bpy.context.scene.collection.objects.link(cell)
    bpy.context.view_layer.update()
    corners = [tuple(cell.matrix_world @ vertex.co) for cell in one for vertex in cell.data.vertices]
    assert not merged.data.validate()
    assert np.allclose(corners, [tuple(vertex.co) for vertex in merged.data.vertices], atol=1e-6)
    assert len(merged.data.polygons) == 5 * values.size


def test_a_blend_is_measured_in_both_ways() -> None:
    rows = bench_blend.against_merged(10**3, 1)
    wanted = ["saved", "size", "opened"]
    assert [row.what for row in rows] == [f"1,000 cells in a .blend, {what}" for what in wanted]
    assert all(row.alternative.startswith("merged mesh: ") for row in rows)


def test_a_random_model_goes_the_whole_way(tmp_path: Path) -> None:
    folder = bench_gpt2.write_model(tmp_path / "model", SMALL)
    made: dict[str, Any] = alone(bench_gpt2.make, {"folder": folder}, tmp_path / "scene.blend")[0]
    assert set(bench_gpt2.STEPS) < set(made)
    assert made["size"] == (tmp_path / "scene.blend").stat().st_size > 0
    assert made["cells"] > 8 * 20


def test_the_trace_is_measured() -> None:
    row = bench_network.nano()
    assert row.figure.endswith(" ms")
