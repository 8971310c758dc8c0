// Marks on whole sheets: rings around those that a text speaks of, and brackets along a dimension.

import * as THREE from "three";
import { LineMaterial, LineSegments2, LineSegmentsGeometry } from "three";

const LIFT = 0.14; // of marks before the cells they mark
const AWAY = 0.03; // of a bracket from its sheet, as a part of the sheet's length
const MOST = 6; // sheets that carry a bracket at once

/** Of the sheets those in the part of the model that the film's camera looks at; all heads belong together. */
export function nearest(stage, sheets) {
  const target = new THREE.Vector3(...stage.film.pose(stage.time ?? 0, stage.tall).target);
  const away = (sheet) => middle(sheet).distanceTo(target);
  const [first] = [...sheets].sort((a, b) => away(a) - away(b));
  return sheets.filter((sheet) => part(sheet) === part(first));
}

const part = ({ block }) => block.section.slice(0, 2).join();

function middle({ block: { shape }, mesh }) {
  const { x, y, z } = mesh.position;
  return new THREE.Vector3(x + shape[1] / 2, y - shape[0] / 2, z);
}

export class Marks {
  constructor(stage) {
    this.stage = stage;
    /** @type {THREE.Vector3[]} corners of what is marked */
    this.corners = [];
    this.marked = [];
    const material = new LineMaterial({
      color: stage.data.look.accent,
      linewidth: 2.5,
      transparent: true,
      depthTest: false,
      toneMapped: false,
    });
    this.line = new LineSegments2(new LineSegmentsGeometry(), material);
    Object.assign(this.line, { frustumCulled: false, visible: false, renderOrder: 9 });
    stage.overlay.add(this.line);
  }

  /** Ring and light sheets, or draw brackets along one of their axes. */
  show(sheets, axis) {
    for (const sheet of this.marked) sheet.light(false);
    this.marked = axis ? [] : sheets;
    for (const sheet of this.marked) sheet.light(true);
    this.corners = sheets.flatMap(cornersOf);
    const paths = axis ? sheets.slice(0, MOST).flatMap((sheet) => bracket(sheet, axis)) : sheets.map(outline);
    const points = paths.flatMap((path) => path.slice(1).flatMap((point, i) => [path[i], point]));
    this.line.visible = points.length > 0;
    if (points.length) {
      this.line.geometry.dispose();
      this.line.geometry = new LineSegmentsGeometry().setPositions(points.flatMap(({ x, y, z }) => [x, y, z]));
    }
    this.stage.stale = true;
  }
}

function cornersOf(sheet) {
  const [rows, columns] = sheet.block.shape;
  return [sheet.point(0, 0), sheet.point(rows, columns)];
}

function outline(sheet) {
  const [rows, columns] = sheet.block.shape;
  const ring = [[0, 0], [0, columns], [rows, columns], [rows, 0], [0, 0]]; // prettier-ignore
  return ring.map(([r, c]) => sheet.point(r, c, LIFT));
}

/** A bracket along an axis of a sheet: at its left for its rows, above it for its columns. */
function bracket(sheet, axis) {
  const [rows, columns] = sheet.block.shape;
  const down = sheet.block.axes[0] === axis;
  const length = down ? rows : columns;
  const [near, far] = [AWAY * length + 0.3, 2.5 * AWAY * length + 0.8];
  const at = down ? (along, out) => sheet.point(along, -out, LIFT) : (along, out) => sheet.point(-out, along, LIFT);
  return [[at(0, near), at(0, far), at(length, far), at(length, near)]];
}
