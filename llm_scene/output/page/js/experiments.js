// Experiments beside the lesson: what becomes of the answer without a head, and of chances at another temperature.

import { softmax } from "./live_chances.js";
import { percent } from "./live_scene.js";
import { matrixOf, number, rowOf } from "./explain.js";
import { element, filled } from "./markup.js";

const ROOM = 1.5; // of the film's highest temperature: how far one can go
const PLAIN = { temperature: 1, top_k: 0, top_p: 1 }; // chances as the model gives them

/** @typedef {import("./main.js").Page} Page */
/** @typedef {import("./live.js").Live} Live */

/** Switches for all heads: the model goes on without what those found that are off. @param {Page} page */
export function heads({ live, lesson, words }) {
  if (!live) return [];
  const board = live.switchboard();
  live.label(board);
  for (const { button, layer, head } of board.switches) {
    button.textContent = filled(words.head_short, { head: head + 1 });
    button.addEventListener("click", () => (lesson.tried = true));
    button.id = `silence-${layer}-${head}`;
  }
  return experiment(
    element("h3", {}, words.try_without),
    element("div", { className: "heads" }, ...board.lines),
    ...(live.before ? outcome(live) : [element("p", {}, words.try_loud)]),
  );
}

/** What became of the answer, and of the chances where they changed most. @param {Live} live */
function outcome(live) {
  const { words } = live;
  const { heading, rows, verdict } = live.expected(live.turned(), PLAIN);
  const writes = element("p", { className: "writes" }, "…");
  live.continued().then(({ before, now }) => {
    writes.textContent = filled(now === before ? words.try_same : words.try_writes, { before, now });
  });
  return [
    element("p", {}, words.try_silent),
    writes,
    element("h3", {}, heading),
    element("ul", { className: "bars" }, ...rows),
    element("p", { className: "verdict", role: "status" }, verdict),
    element("button", { type: "button", className: "undo", onclick: () => live.undo() }, words.try_undo),
  ];
}

/** A slider that divides the scores; bars follow. @param {Page} page @param {number} from where it stands at first */
export function temperature({ live, inspector, data, words }, from) {
  if (!live) return [];
  const at = live.prompt.length - 1;
  const scores = [...rowOf(matrixOf(inspector.model, "logits"), at)];
  const bars = element("ul", { className: "bars divided" });
  const told = element("p", { className: "verdict", role: "status" });
  const max = String(Math.ceil(ROOM * data.live.temperatures.hot));
  const slider = element("input", { type: "range", min: "0.1", max, step: "0.1", id: "experiment" });
  const shown = element("output", {});
  const undo = element("button", { type: "button", className: "undo", onclick: () => set(1) }, words.try_one);
  const set = (/** @type {number} */ value) => {
    slider.value = String(value);
    move();
  };
  const move = () => {
    const t = Number(slider.value);
    const { rows, order } = live.expected(at, { ...PLAIN, temperature: t });
    rows.forEach((row, i) => row.children[0].after(element("em", {}, divided(scores[order[i]], t))));
    bars.replaceChildren(...rows);
    const [before, after] = [1, t].map((by) => percent(softmax(scores.map((score) => score / by))[order[0]]));
    const said = t === 1 ? words.try_as_is : before === after ? words.try_little : words.try_at;
    told.textContent = filled(said, { t, token: data.pieces[order[0]], before, after });
    shown.textContent = String(t);
    undo.hidden = t === 1;
  };
  slider.addEventListener("input", move);
  set(from);
  const title = element("label", { htmlFor: slider.id }, words.temperature);
  const line = element("div", { className: "sliders" }, element("div", {}, title, slider, shown));
  return experiment(element("h3", {}, words.try_divide), line, bars, told, undo);
}

/** @param {number} score @param {number} t */
const divided = (score, t) => `${number(Number(score.toFixed(2)))} / ${t} = ${number(Number((score / t).toFixed(2)))}`;

/** @param {HTMLElement[]} parts */
const experiment = (...parts) => [element("div", { className: "experiment" }, ...parts)];
