// The film as a pure function of time, as llm_scene/film/film.py has it.

/** @type {Record<import("./data").Easing, (t: number) => number>} */
const EASINGS = {
  linear: (t) => t,
  smooth: (t) => 0.5 - 0.5 * Math.cos(Math.PI * t),
  cubic: (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2),
  step: (t) => (t < 1 ? 0 : 1),
};
export const CUE = 5; // numbers a cue: start, end, from, to, easing

/**
 * @typedef {import("./data").Data} Data
 * @typedef {import("./data").Span} Span
 * @typedef {{target: import("./data").Triple, azimuth: number, elevation: number, distance: number, lens: number}} Pose
 */

/** The last of `count` ascending starts that is not after `t`; 0 where all are.
 * @param {number} count @param {(i: number) => number} startOf @param {number} t */
function lastBegun(count, startOf, t) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startOf(middle) <= t) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

export class Film {
  /** @param {Pick<Data, "duration" | "chapters" | "aspect" | "front" | "tracks" | "easings" | "curves" | "shots">} data */
  constructor(data) {
    this.duration = data.duration;
    this.chapters = data.chapters;
    this.aspect = data.aspect;
    this.front = data.front;
    this.tracks = data.tracks;
    this.easings = data.easings.map((name) => EASINGS[name]);
    this.curves = data.curves;
    this.shots = data.shots;
  }

  /** The cues by which a channel of a target moves, if it does. @param {string} target @param {string} channel */
  curveOf(target, channel) {
    const track = this.tracks.find(([name, way]) => name === target && way === channel);
    return track && this.curves[track[2]];
  }

  /** The values of all curves at a time, into an array. @param {number} t @param {Float32Array} into */
  evaluate(t, into) {
    this.curves.forEach((curve, i) => (into[i] = this.value(curve, t)));
  }

  /** @param {number[]} curve @param {number} t */
  value(curve, t) {
    const cue = CUE * lastBegun(curve.length / CUE, (i) => curve[i * CUE], t);
    const [start, end, a, b] = [curve[cue], curve[cue + 1], curve[cue + 2], curve[cue + 3]];
    if (t <= start) return a;
    if (t >= end) return b;
    return a + (b - a) * this.easings[curve[cue + 4]]((t - start) / (end - start));
  }

  /** The camera at a time, framed for a lying or a standing screen. @param {number} t @returns {Pose} */
  pose(t, tall = false) {
    const shots = tall ? this.shots.tall : this.shots.wide;
    const shot = shots[lastBegun(shots.length, (i) => shots[i].start, t)];
    const share = Math.min(1, Math.max(0, (t - shot.start) / (shot.end - shot.start)));
    const eased = this.easings[shot.easing](share);
    const [a, b] = shot.poses;
    const [x, y, z, azimuth, elevation, distance, lens] = a.map((from, i) => from + (b[i] - from) * eased);
    return { target: [x, y, z], azimuth, elevation, distance, lens };
  }

  /** Which chapter a time is in. @param {number} t */
  chapterAt(t) {
    return lastBegun(this.chapters.length, (i) => this.chapters[i].start, t);
  }
}

/** What stands on the screen at a time, if anything.
 * @template {Span} T @param {T[]} spans @param {number} t @returns {T | undefined} */
export function standing(spans, t) {
  return spans.find(({ start, end }) => start <= t && t < end);
}

/** How visible a span is, with a soft beginning and end of `soft` seconds; the film begins at once.
 * @param {Span} span @param {number} t @param {number} soft */
export function presence({ start, end }, t, soft) {
  return Math.max(0, Math.min(1, start > 0 ? (t - start) / soft : 1, (end - t) / soft));
}

/** `1:05`. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
