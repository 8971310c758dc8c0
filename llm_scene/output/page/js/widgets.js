// Small things to touch, beside the captions that speak of them: the vocabulary, the bend, the colours, experiments.

import { heads, temperature } from "./experiments.js";
import { number } from "./explain.js";
import { element, filled } from "./markup.js";

const SVG = "http://www.w3.org/2000/svg";
const LONGEST = 200; // entries of a vocabulary that are listed

/** @typedef {import("./main.js").Page} Page */

/** What belongs to a caption, as elements. @param {string} key @param {Page} page */
export function widgetOf(key, page) {
  const make = WIDGETS[key];
  return make ? make(page) : [];
}

/** @type {Record<string, (page: Page) => Element[]>} */
const WIDGETS = {
  tokens: vocabulary,
  bend_line: bend,
  bend_curve: bend,
  relief: colours,
  colours,
  all_heads: heads,
  finale: heads,
  cold: (page) => temperature(page, page.data.live.temperatures.cold),
  hot: (page) => temperature(page, page.data.live.temperatures.hot),
};

/** Every entry of the list with its number; pointing at one shows its column of the table. @param {Page} page */
function vocabulary({ inspector, data, words }) {
  const { tokens } = data;
  const used = new Set(tokens);
  const entries = data.pieces.slice(0, LONGEST).map((piece, token) => {
    const entry = element("button", { type: "button" }, element("b", {}, piece), element("small", {}, String(token)));
    entry.classList.toggle("used", used.has(token));
    entry.ariaLabel = `${piece}: ${token}`;
    entry.addEventListener("click", () => inspector.keep("wte.weight", [token, 0]));
    return element("li", {}, entry);
  });
  const more = data.pieces.length - entries.length;
  const rest = more > 0 ? [element("li", {}, `… ${more}`)] : [];
  return [element("p", {}, words.vocabulary), element("ul", { className: "vocabulary" }, ...entries, ...rest)];
}

/** The curve of the MLP with a number to move along it. @param {Page} page */
function bend({ data, words }) {
  const { title, values, reach } = data.bend; // from -reach to reach
  const at = (/** @type {number} */ x) => {
    const place = ((x + reach) / (2 * reach)) * (values.length - 1);
    const i = Math.min(values.length - 2, Math.floor(place));
    return values[i] + (values[i + 1] - values[i]) * (place - i);
  };
  const points = values.map((y, i) => `${(2 * reach * i) / (values.length - 1) - reach},${-y}`).join(" ");
  const dot = drawn("circle", { r: 0.22 });
  const svg = drawn("svg", { viewBox: `${-reach} ${-reach} ${2 * reach} ${reach + 1.5}`, "aria-hidden": "true" });
  svg.append(
    drawn("path", { d: `M${-reach} 0H${reach}M0 ${-reach}V1.5`, class: "axis" }),
    drawn("polyline", { points, class: "curve" }),
    dot,
  );
  const told = element("output", {});
  const [min, max] = [String(-reach), String(reach)];
  const slider = element("input", { type: "range", min, max, step: "0.1", value: "1.5" });
  slider.ariaLabel = filled(words.bend, { activation: title });
  const move = () => {
    const x = Number(slider.value);
    dot.setAttribute("cx", String(x));
    dot.setAttribute("cy", String(-at(x)));
    told.textContent = `${title}(${number(x)}) = ${number(Math.round(1000 * at(x)) / 1000)}`;
  };
  slider.addEventListener("input", move);
  move();
  return [svg, slider, told];
}

/** What the hues and their lightness mean. @param {Page} page */
function colours({ data, words }) {
  const bars = Object.entries(data.ramps).map(([role, codes]) => {
    const bar = element("i", { className: "ramp" });
    bar.style.background = `linear-gradient(to right, ${codes.join(", ")})`;
    return element("li", {}, element("span", {}, words[role]), bar);
  });
  const ends = element("li", { className: "ends" }, element("span", {}, ""), element("small", {}, words.ramp));
  return [element("ul", { className: "ramps" }, ...bars, ends)];
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function drawn(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
