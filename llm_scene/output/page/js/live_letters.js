// Texts of the scene that another prompt changes, written anew: quads over one picture of all their lines.

import * as THREE from "three";

const HIGH = 48; // texels of a line
const WIDE = 1024; // texels of the picture
const LINE = 1.25; // the height of a line, in its size
const FOOT = 0.3; // from the lower edge of a line to its baseline, in its size
const FACE = `500 ${HIGH}px Inter, system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", sans-serif`;
const CAPITALS = 0.96; // a text object's size by that of its face
const PITCH = HIGH / CAPITALS; // from line to line
const BEFORE = 0.06; // of what is written in the scene
const [LINEAR, MIPMAPS, BOTH] = [1006, 1008, 2]; // three.js's numbers, which its small build does not name

/** @typedef {{part: number, at: number[], size: number, ink: string, align: string}} Row */
/** @typedef {{text: string, ink: string, shift: number[]}} Line what stands there, and how far from there */

export class Lettering {
  /** @param {import("./stage.js").Stage} stage @param {Row[]} rows */
  constructor(stage, rows) {
    Object.assign(this, { stage, rows });
    this.picture = document.createElement("canvas");
    this.texture = new THREE.DataTexture(null, 1, 1);
    Object.assign(this.texture, { colorSpace: "srgb", magFilter: LINEAR, minFilter: MIPMAPS, generateMipmaps: true });
    const material = new THREE.MeshBasicMaterial({ map: this.texture, transparent: true, side: BOTH, depthWrite: false });
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
    const attribute = (name, size) =>
      geometry.setAttribute(name, new THREE.Float32BufferAttribute(new Float32Array(4 * size * rows.length), size));
    geometry.setIndex(rows.flatMap((_, i) => [0, 1, 2, 0, 2, 3].map((corner) => 4 * i + corner)));
    for (const [name, size] of [["position", 3], ["uv", 2], ["normal", 3], ["_part", 1]]) attribute(name, size); // prettier-ignore
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

  /** Paint every text once; returns where each is. */
  _paint(lines) {
    const context = this.picture.getContext("2d", { willReadFrequently: true });
    context.font = FACE;
    const found = new Map();
    let [x, y, deepest] = [2, 2, 0];
    for (const { text, ink } of lines) {
      const key = `${ink} ${text}`;
      if (found.has(key)) continue;
      const parts = text.split("\n");
      const wide = Math.min(WIDE - 4, Math.ceil(Math.max(...parts.map((part) => context.measureText(part).width))) + 4); // prettier-ignore
      const high = Math.ceil(HIGH * LINE + (parts.length - 1) * PITCH);
      if (x + wide > WIDE) [x, y, deepest] = [2, y + deepest, 0];
      found.set(key, { x, y, wide, high, parts, ink });
      x += wide + 4;
      deepest = Math.max(deepest, high + 4);
    }
    Object.assign(this.picture, { width: WIDE, height: y + deepest });
    context.font = FACE;
    return this._fill(context, lines, found);
  }

  _fill(context, lines, found) {
    const places = lines.map(({ text, ink }) => found.get(`${ink} ${text}`));
    lines.forEach((_, i) => (places[i].align ??= this.rows[i].align));
    for (const { x, y, wide, parts, ink, align } of found.values()) {
      context.fillStyle = ink;
      context.textAlign = { left: "left", centre: "center", right: "right" }[align];
      const at = x + { left: 2, centre: wide / 2, right: wide - 2 }[align];
      parts.forEach((part, i) => context.fillText(part, at, y + HIGH * (LINE - FOOT) + i * PITCH, wide - 4));
    }
    this.texture.image = context.getImageData(0, 0, WIDE, this.picture.height);
    return places;
  }

  _put(i, { at: [x, y, z], size, align }, [right, up, out], { x: left, y: top, wide, high }) {
    const { position, uv } = this.geometry.attributes;
    const scale = (CAPITALS * size) / HIGH;
    const from = x + right - { left: 0, centre: (wide * scale) / 2, right: wide * scale }[align];
    const low = y + up - FOOT * HIGH * scale;
    const [u, v] = [1 / WIDE, 1 / this.picture.height];
    [[0, 0], [1, 0], [1, 1], [0, 1]].forEach(([across, above], corner) => {
      position.setXYZ(4 * i + corner, from + across * wide * scale, low + above * high * scale, z + out + BEFORE);
      uv.setXY(4 * i + corner, (left + across * wide) * u, (top + (1 - above) * high) * v);
    }); // prettier-ignore
  }
}
