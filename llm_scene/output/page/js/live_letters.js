// Texts of the scene that another prompt changes, written anew: quads over one picture of all their lines.

import * as THREE from "three";

const HIGH = 48; // texels of a line
const WIDE = 1024; // texels of the picture
const LINE = 1.25; // the height of a line, in its size
const FOOT = 0.3; // from the lower edge of a line to its baseline, in its size
const FACE = `500 ${HIGH}px Inter, system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", sans-serif`;
const CAPITALS = 0.96; // a text object's size by that of its face
const BEFORE = 0.06; // of what is written in the scene
const [LINEAR, MIPMAPS, BOTH] = [1006, 1008, 2]; // three.js's numbers, which its small build does not name

/** @typedef {{part: number, at: number[], size: number, ink: string, align: string}} Row */

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

  /** Write these texts instead of those of the file; without any, let the file's stand.
   * @param {string[] | undefined} texts @param {string[]} inks */
  write(texts, inks) {
    for (const { part } of this.rows) this.stage.parts.set(part, "replaced", texts ? 1 : 0);
    this.mesh.visible = Boolean(texts);
    if (!texts) return;
    const places = this._paint(texts, inks);
    this.rows.forEach((row, i) => this._put(i, row, places[i]));
    this.texture.dispose(); // the picture may have another size
    this.texture.needsUpdate = true;
    for (const name of ["position", "uv"]) this.geometry.attributes[name].needsUpdate = true;
    this.stage.stale = true;
  }

  /** Paint every line once; returns where each text is. */
  _paint(texts, inks) {
    const context = this.picture.getContext("2d", { willReadFrequently: true });
    context.font = FACE;
    const high = Math.ceil(HIGH * LINE) + 4;
    const found = new Map();
    let [x, y] = [2, 2];
    inks.forEach((ink, i) => {
      const key = `${ink} ${texts[i]}`;
      if (found.has(key)) return;
      const wide = Math.min(WIDE - 4, Math.ceil(context.measureText(texts[i]).width) + 4);
      if (x + wide > WIDE) [x, y] = [2, y + high];
      found.set(key, { x, y, wide, text: texts[i], ink });
      x += wide + 4;
    });
    Object.assign(this.picture, { width: WIDE, height: y + high });
    context.font = FACE;
    for (const { x: left, y: top, wide, text, ink } of found.values()) {
      context.fillStyle = ink;
      context.fillText(text, left + 2, top + HIGH * (LINE - FOOT), wide);
    }
    this.texture.image = context.getImageData(0, 0, WIDE, this.picture.height);
    return inks.map((ink, i) => found.get(`${ink} ${texts[i]}`));
  }

  _put(i, { at: [x, y, z], size, align }, { x: left, y: top, wide }) {
    const { position, uv } = this.geometry.attributes;
    const scale = (CAPITALS * size) / HIGH;
    const [width, height] = [wide * scale, HIGH * LINE * scale];
    const from = x - { left: 0, centre: width / 2, right: width }[align];
    const low = y - FOOT * HIGH * scale;
    const [u, v] = [1 / WIDE, 1 / this.picture.height];
    [[0, 0], [1, 0], [1, 1], [0, 1]].forEach(([right, up], corner) => {
      position.setXYZ(4 * i + corner, from + right * width, low + up * height, z + BEFORE);
      uv.setXY(4 * i + corner, (left + right * wide) * u, (top + (1 - up) * HIGH * LINE) * v);
    }); // prettier-ignore
  }
}
