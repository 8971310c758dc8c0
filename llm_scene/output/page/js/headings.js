// Tokens at the edges of sheets of attention: whose row it is, and whose column.

import * as THREE from "./three.js";
import { contextOf } from "./live_letters.js";

const TILE = 64; // texels of a token
const WIDE = 0.86; // of a tile that a token may take
const SMALLEST = 13; // pixels of a cell below which nothing is written
const SIZE = 0.8; // of a cell
const AWAY = { left: 1.2, below: 0.62 }; // cells from the edge to the middle of a token; sides of sheets are seen at the left
const LIFT = 0.15;
const SENSOR = 36; // mm, as the stage has it
const FACE = `600 ${0.72 * TILE}px Inter, system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", sans-serif`;

/**
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./explain.js").Model} Model
 */

export class Headings {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.picture = document.createElement("canvas");
    this.texture = new THREE.DataTexture(null, 1, 1);
    const filters = { magFilter: THREE.LinearFilter, minFilter: THREE.LinearMipmapLinearFilter };
    Object.assign(this.texture, { colorSpace: "srgb", ...filters, generateMipmaps: true });
    const material = new THREE.MeshBasicMaterial({ map: this.texture, transparent: true, depthWrite: false });
    this.mesh = new THREE.Mesh(new THREE.PlaneGeometry(), material);
    Object.assign(this.mesh, { frustumCulled: false, visible: false, renderOrder: 2 });
    stage.scene.add(this.mesh);
    this.state = "";
  }

  /** Write the tokens beside all sheets of attention whose cells are large enough, or none. @param {boolean} on @param {Model} model */
  show(on, model) {
    const { stage } = this;
    const sheets = on && this._cell() >= SMALLEST ? [...stage.sheets.values()].filter(attends) : [];
    const texts = model.tokens.map((token) => model.pieces[token].trim());
    const known = sheets.map((sheet) => knownOf(sheet, texts.length));
    const state = sheets.length ? [stage.time, texts.join("\n"), known.join()].join("\n") : "";
    if (state === this.state) return;
    this.state = state;
    this.mesh.visible = sheets.length > 0;
    stage.stale = true;
    if (!sheets.length) return;
    this._paint(texts);
    this._place(sheets, known, texts.length);
  }

  /** How many pixels a cell has that is as far as what the film's camera looks at. */
  _cell() {
    const { stage } = this;
    const { lens, distance } = stage.film.pose(stage.time, stage.tall);
    return (stage.canvas.clientWidth * lens) / SENSOR / distance;
  }

  /** @param {string[]} texts */
  _paint(texts) {
    Object.assign(this.picture, { width: TILE * texts.length, height: TILE });
    const context = contextOf(this.picture);
    Object.assign(context, { font: FACE, fillStyle: this.stage.data.look.accent, textAlign: "center", textBaseline: "middle" });
    texts.forEach((text, i) => context.fillText(text, TILE * (i + 0.5), TILE * 0.53, WIDE * TILE));
    this.texture.dispose();
    this.texture.image = context.getImageData(0, 0, this.picture.width, TILE);
    this.texture.needsUpdate = true;
  }

  /** Rows' tokens to the left, columns' tokens below what is known. @param {Sheet[]} sheets @param {number[]} known @param {number} count */
  _place(sheets, known, count) {
    const quads = sheets.flatMap((sheet, n) =>
      Array.from({ length: known[n] }, (_, i) => [
        { at: sheet.point(i + 0.5, -AWAY.left, LIFT), i },
        { at: sheet.point(known[n] + AWAY.below, i + 0.5, LIFT), i },
      ]).flat(),
    );
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]]; // prettier-ignore
    const half = SIZE / 2;
    const places = quads.flatMap(({ at }) => corners.flatMap(([x, y]) => [at.x + SIZE * x - half, at.y + SIZE * y - half, at.z]));
    const where = quads.flatMap(({ i }) => corners.flatMap(([x, y]) => [(i + x) / count, 1 - y]));
    const { geometry } = this.mesh;
    geometry.dispose();
    geometry.setIndex(quads.flatMap((_, q) => [0, 1, 2, 0, 2, 3].map((corner) => 4 * q + corner)));
    geometry.setAttribute("position", new THREE.Float32BufferAttribute(places, 3));
    geometry.setAttribute("uv", new THREE.Float32BufferAttribute(where, 2));
  }
}

/** Whether both its rows and its columns are tokens. @param {Sheet} sheet */
function attends({ block }) {
  return block.axes[0] === "query" && block.axes[1] === "key";
}

/** How many of its rows are computed. @param {Sheet} sheet @param {number} count */
function knownOf(sheet, count) {
  const reveal = sheet.uniforms.uState.value.x;
  const rows = Math.min(count, sheet.block.shape[0]);
  const waits = Array.from({ length: rows }, (_, row) => row).findIndex((row) => reveal < sheet.order(row, 0));
  return waits < 0 ? rows : waits;
}
