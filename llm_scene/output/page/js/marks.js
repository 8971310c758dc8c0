// Marks before cells: lines along their outlines, rings around sheets that a text speaks of, brackets along a dimension.

import * as THREE from "./three.js";
import { LineMaterial, LineSegments2, LineSegmentsGeometry } from "./three.js";

const LIFT = { cells: 0.12, sheets: 0.14 }; // of lines before what they mark
const AWAY = 0.03; // of a bracket from its sheet, as a part of the sheet's length
const MOST = 6; // sheets that carry a bracket at once

/**
 * @typedef {import("./stage.js").Sheet} Sheet
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {{sheet: Sheet, rows: [number, number], columns: [number, number]}} Mark cells of a sheet
 */

/** Lines through points, drawn over everything. */
export class Line {
  /** @param {THREE.Group} into @param {Record<string, any>} style */
  constructor(into, style, order = 10) {
    const over = { transparent: true, depthTest: false, toneMapped: false };
    this.segments = new LineSegments2(new LineSegmentsGeometry(), new LineMaterial({ ...style, ...over }));
    Object.assign(this.segments, { frustumCulled: false, visible: false, renderOrder: order });
    into.add(this.segments);
  }

  get visible() {
    return this.segments.visible;
  }

  /** Draw these paths, and no others. @param {THREE.Vector3[][]} paths */
  draw(paths) {
    const points = paths.flatMap((path) => path.slice(1).flatMap((point, i) => [path[i], point]));
    this.segments.visible = points.length > 0;
    if (!points.length) return;
    this.segments.geometry.dispose();
    this.segments.geometry = new LineSegmentsGeometry().setPositions(points.flatMap(({ x, y, z }) => [x, y, z]));
  }
}

/** @param {Mark} mark */
export function ring({ sheet, rows: [top, bottom], columns: [left, right] }, lift = LIFT.cells) {
  const corners = [[top, left], [top, right], [bottom, right], [bottom, left], [top, left]]; // prettier-ignore
  return corners.map(([r, c]) => sheet.point(r, c, lift));
}

/** @param {Mark} mark */
export function cornersOf({ sheet, rows, columns }) {
  return [sheet.point(rows[0], columns[0]), sheet.point(rows[1], columns[1])];
}

/** @param {Mark} mark */
export function middle({ sheet, rows, columns }) {
  return sheet.point((rows[0] + rows[1]) / 2, (columns[0] + columns[1]) / 2);
}

/** All cells of a sheet. @param {Sheet} sheet @returns {Mark} */
export function whole(sheet) {
  const [rows, columns] = sheet.block.shape;
  return { sheet, rows: [0, rows], columns: [0, columns] };
}

/** Of the sheets those in the part of the model that the film's camera looks at; all heads belong together.
 * @param {Stage} stage @param {Sheet[]} sheets */
export function nearest(stage, sheets) {
  const target = new THREE.Vector3(...stage.film.pose(stage.time ?? 0, stage.tall).target);
  const away = (/** @type {Sheet} */ sheet) => middle(whole(sheet)).distanceTo(target);
  const [first] = [...sheets].sort((a, b) => away(a) - away(b));
  return sheets.filter((sheet) => part(sheet) === part(first));
}

const part = (/** @type {Sheet} */ { block }) => block.section.slice(0, 2).join();

export class Marks {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {THREE.Vector3[]} corners of what is marked */
    this.corners = [];
    /** @type {Sheet[]} */
    this.marked = [];
    this.line = new Line(stage.overlay, { color: stage.data.look.accent, linewidth: 2.5 }, 9);
  }

  /** Ring and light sheets, or draw brackets along one of their axes. @param {Sheet[]} sheets @param {string} [axis] */
  show(sheets, axis) {
    for (const sheet of this.marked) sheet.light(false);
    this.marked = axis ? [] : sheets;
    for (const sheet of this.marked) sheet.light(true);
    this.corners = sheets.flatMap((sheet) => cornersOf(whole(sheet)));
    const brackets = (/** @type {string} */ along) => sheets.slice(0, MOST).map((sheet) => bracket(sheet, along));
    this.line.draw(axis ? brackets(axis) : sheets.map((sheet) => ring(whole(sheet), LIFT.sheets)));
    this.stage.stale = true;
  }
}

/** A bracket along an axis of a sheet: at its left for its rows, above it for its columns.
 * @param {Sheet} sheet @param {string} axis */
function bracket(sheet, axis) {
  const [rows, columns] = sheet.block.shape;
  const down = sheet.block.axes[0] === axis;
  const length = down ? rows : columns;
  const [near, far] = [AWAY * length + 0.3, 2.5 * AWAY * length + 0.8];
  const lift = LIFT.sheets;
  const at = (/** @type {number} */ along, /** @type {number} */ out) =>
    down ? sheet.point(along, -out, lift) : sheet.point(-out, along, lift);
  return [at(0, near), at(0, far), at(length, far), at(length, near)];
}
