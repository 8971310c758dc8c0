// Texts of the scene that another prompt changes, written anew: quads over one picture of all their lines.

import * as THREE from "./three.js";

const HIGH = 48; // texels of a line
const WIDE = 1024; // texels of the picture
const LINE = 1.25; // the height of a line, in its size
const STEP = 1.22; // from line to line, in sizes of type, as in the scene
const FOOT = 0.3; // from the lower edge of a line to its baseline, in its size
const FACE = `500 ${HIGH}px Inter, system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", sans-serif`;
const CAPITAL = 0.727; // height of a capital in the scene, in the size of its text
const BEFORE = 0.06; // of what is written in the scene


/**
 * @typedef {import("./data").Text} Row
 * @typedef {{text: string, ink: string, shift: number[]}} Line what stands there, and how far from there
 * @typedef {{x: number, y: number, wide: number, high: number, parts: string[], ink: string, align: Row["align"]}} Place
 */

export class Lettering {
  /** @param {import("./stage.js").Stage} stage @param {Row[]} rows */
  constructor(stage, rows) {
    this.stage = stage;
    this.rows = rows;
    this.picture = document.createElement("canvas");
    this.context = contextOf(this.picture);
    this.context.font = FACE;
    const { actualBoundingBoxAscent: capital } = this.context.measureText("H");
    this.face = (CAPITAL * HIGH) / capital; // the size of the face by that of a text, whatever face a machine has
    this.pitch = (STEP * HIGH) / this.face; // from line to line
    this.texture = new THREE.DataTexture(null, 1, 1);
    const filters = { magFilter: THREE.LinearFilter, minFilter: THREE.LinearMipmapLinearFilter };
    Object.assign(this.texture, { colorSpace: "srgb", ...filters, generateMipmaps: true });
    const seen = { transparent: true, side: THREE.DoubleSide, depthWrite: false };
    const material = new THREE.MeshBasicMaterial({ map: this.texture, ...seen });
    material.defines = { REWRITTEN: "" };
    this.geometry = this._quads();
    this.mesh = new THREE.Mesh(this.geometry, material);
    this.mesh.renderOrder = 1;
    stage.parts.dress(this.mesh);
    stage.scene.add(this.mesh);
  }

  _quads() {
    const { rows } = this;
    const geometry = new THREE.PlaneGeometry(); // whose corners are replaced
    geometry.setIndex(rows.flatMap((_, i) => [0, 1, 2, 0, 2, 3].map((corner) => 4 * i + corner)));
    for (const [name, size] of Object.entries({ position: 3, uv: 2, normal: 3, _part: 1 })) {
      const empty = new Float32Array(4 * size * rows.length);
      geometry.setAttribute(name, new THREE.Float32BufferAttribute(empty, size));
    }
    rows.forEach(({ part }, i) => {
      for (let corner = 0; corner < 4; corner++) geometry.attributes._part.setX(4 * i + corner, part);
    });
    return geometry;
  }

  /** Write these instead of the file's; without any, let the file's stand. @param {Line[] | undefined} lines */
  write(lines) {
    for (const { part } of this.rows) this.stage.parts.set(part, "replaced", lines ? 1 : 0);
    this.mesh.visible = Boolean(lines);
    if (!lines) return;
    const places = this._paint(lines);
    this.rows.forEach((row, i) => this._put(i, row, lines[i].shift, places[i]));
    this.texture.dispose(); // the picture may have another size
    this.texture.needsUpdate = true;
    for (const name of ["position", "uv"]) this.geometry.attributes[name].needsUpdate = true;
    this.stage.stale = true;
  }

  /** Paint every text once; returns where each is. @param {Line[]} lines */
  _paint(lines) {
    const { context } = this;
    context.font = FACE;
    /** @type {Map<string, Place>} */
    const found = new Map();
    let [x, y, deepest] = [2, 2, 0];
    const places = lines.map(({ text, ink }, i) => {
      const key = `${ink} ${text}`;
      const known = found.get(key);
      if (known) return known;
      const parts = text.split("\n");
      const wide = Math.min(WIDE - 4, Math.ceil(Math.max(...parts.map((part) => context.measureText(part).width))) + 4); // prettier-ignore
      const high = Math.ceil(HIGH * LINE + (parts.length - 1) * this.pitch);
      if (x + wide > WIDE) [x, y, deepest] = [2, y + deepest, 0];
      const place = { x, y, wide, high, parts, ink, align: this.rows[i].align };
      found.set(key, place);
      x += wide + 4;
      deepest = Math.max(deepest, high + 4);
      return place;
    });
    Object.assign(this.picture, { width: WIDE, height: y + deepest });
    context.font = FACE;
    this._fill([...found.values()]);
    return places;
  }

  /** @param {Place[]} places */
  _fill(places) {
    const { context } = this;
    for (const { x, y, wide, parts, ink, align } of places) {
      context.fillStyle = ink;
      context.textAlign = align === "centre" ? "center" : align;
      const at = x + { left: 2, centre: wide / 2, right: wide - 2 }[align];
      parts.forEach((part, i) => context.fillText(part, at, y + HIGH * (LINE - FOOT) + i * this.pitch, wide - 4));
    }
    this.texture.image = context.getImageData(0, 0, WIDE, this.picture.height);
  }

  /** @param {number} i @param {Row} row @param {number[]} shift @param {Place} place */
  _put(i, { at: [x, y, z], size, align }, [right, up, out], { x: left, y: top, wide, high }) {
    const { position, uv } = this.geometry.attributes;
    const scale = (this.face * size) / HIGH;
    const from = x + right - { left: 0, centre: (wide * scale) / 2, right: wide * scale }[align];
    const low = y + up - FOOT * HIGH * scale;
    const [u, v] = [1 / WIDE, 1 / this.picture.height];
    [[0, 0], [1, 0], [1, 1], [0, 1]].forEach(([across, above], corner) => {
      position.setXYZ(4 * i + corner, from + across * wide * scale, low + above * high * scale, z + out + BEFORE);
      uv.setXY(4 * i + corner, (left + across * wide) * u, (top + (1 - above) * high) * v);
    }); // prettier-ignore
  }
}

/** What paints into a canvas and reads from it. @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser paints no pictures");
  return context;
}
