// Axes, lines and areas in SVG; colours and sizes are the style sheet's.

import { h, svg } from "./dom.js";

const WIDTH = 480;
const HEIGHT = 290;
const MARGIN = { left: 46, right: 14, top: 14, bottom: 44 };

/** @typedef {{value: number, text: string}} Tick */
/** @typedef {{from: number, to: number, ticks: Tick[], title: string, log?: boolean}} Axis */

/** Ticks in per cent. @param {number[]} shares @returns {Tick[]} */
export const shares = (...shares) => shares.map((value) => ({ value, text: `${+(100 * value).toFixed(1)} %` }));

/** A plot with two axes. */
export class Plot {
  /** @param {string} summary what it shows, for those who don't see it @param {Axis} x @param {Axis} y */
  constructor(summary, x, y) {
    this.xAxis = x;
    this.yAxis = y;
    this.element = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": summary, class: "plot" });
    const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
    for (const { value, text } of y.ticks) {
      const at = this.y(value);
      this.add("line", { class: "grid", x1: left, x2: right, y1: at, y2: at });
      this.text(left - 6, at + 4, text, "end");
    }
    for (const { value, text } of x.ticks) this.text(this.x(value), bottom + 16, text, "middle");
    this.add("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
    this.text((left + right) / 2, HEIGHT - 6, x.title, "middle", "title");
    this.text(left, top - 3, y.title, "start", "title");
  }

  /** @param {number} value */
  x(value) {
    return MARGIN.left + place(value, this.xAxis) * (WIDTH - MARGIN.left - MARGIN.right);
  }

  /** @param {number} value */
  y(value) {
    return HEIGHT - MARGIN.bottom - place(value, this.yAxis) * (HEIGHT - MARGIN.top - 8 - MARGIN.bottom);
  }

  /** @param {string} tag @param {Record<string, string|number>} attributes */
  add(tag, attributes) {
    this.element.append(svg(tag, attributes));
  }

  /** @param {number} x @param {number} y @param {string} text @param {string} anchor @param {string} [kind] */
  text(x, y, text, anchor, kind = "") {
    this.element.append(svg("text", { x, y, "text-anchor": anchor, class: kind }, text));
  }

  /** @param {[number, number][]} points @param {string} kind */
  line(points, kind) {
    this.add("polyline", {
      class: `line ${kind}`,
      points: points.map(([x, y]) => `${this.x(x)},${this.y(y)}`).join(" "),
    });
  }

  /** @param {[number, number][]} points @param {string} kind @param {number} [radius] */
  dots(points, kind, radius = 3.5) {
    for (const [x, y] of points) this.add("circle", { class: `dot ${kind}`, cx: this.x(x), cy: this.y(y), r: radius });
  }

  /** A part of the plot that is set off, from one x to another. @param {number} from @param {number} to @param {string} text */
  shade(from, to, text) {
    const [left, top] = [this.x(from), this.y(this.yAxis.to)];
    const height = this.y(this.yAxis.from) - top;
    this.element.prepend(svg("rect", { class: "shade", x: left, y: top, width: this.x(to) - left, height }));
    this.text(this.x(to) - 6, top + 16, text, "end", "warn");
  }

  /** A rectangle. @param {[number, number]} from @param {[number, number]} to @param {string} kind */
  box([x1, y1], [x2, y2], kind) {
    const [left, top] = [this.x(Math.min(x1, x2)), this.y(Math.max(y1, y2))];
    this.add("rect", {
      class: kind,
      x: left,
      y: top,
      width: Math.abs(this.x(x2) - this.x(x1)),
      height: Math.abs(this.y(y2) - this.y(y1)),
    });
  }
}

/** @param {number} value @param {Axis} axis */
function place(value, { from, to, log }) {
  return log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
}

/** The numbers behind a figure, folded away. @param {string[]} head @param {(string|number)[][]} rows */
export const numbers = (head, rows) =>
  h(
    "details",
    {},
    h("summary", {}, "The numbers"),
    h(
      "div",
      { class: "scroll", tabIndex: 0, role: "region", "aria-label": "The numbers as a table" },
      h(
        "table",
        { class: "numbers" },
        h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, String(cell)))))),
      ),
    ),
  );

/** @param {string} title @param {Node[]} content @param {string} [kind] */
export const figure = (title, content, kind = "") =>
  h("section", { class: `figure ${kind}`, "aria-label": title }, h("h3", {}, title), ...content);
