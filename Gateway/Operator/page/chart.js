import { element, metricName, renew } from "/operator/elements.js";

const svg = "http://www.w3.org/2000/svg";
const [width, height] = [300, 64];
const span = 15 * 60 * 1000;

function shape(name, attributes) {
  const made = document.createElementNS(svg, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  return made;
}

/** A line over the last 15 minutes, with its name, its metric and its present value. */
export class Chart {
  #line = shape("path", { class: "line" });
  #area = shape("path", { class: "area" });
  #now = element("b.now");
  #most = element("span.most");

  constructor({ name, metric, value, show }) {
    Object.assign(this, { value, show });
    const drawing = shape("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `${name} over the last 15 minutes` });
    drawing.append(this.#area, this.#line);
    this.element = element("figure.chart", {},
      element("figcaption", {}, element("span", {}, name), this.#now, metricName(metric)),
      drawing,
      this.#most);
  }

  draw(points) {
    const values = points.map(point => [point.time, this.value(point)]);
    const known = values.filter(([, value]) => value !== null && value !== undefined);
    const most = Math.max(...known.map(([, value]) => value), 0);
    const last = values.at(-1);
    const end = last?.[0] ?? Date.now();
    const x = time => (width - ((end - time) / span) * width).toFixed(1);
    const y = value => (height - 2 - (most > 0 ? value / most : 0) * (height - 6)).toFixed(1);
    const path = known.map(([time, value], at) => `${at === 0 ? "M" : "L"}${x(time)} ${y(value)}`).join("");
    this.#line.setAttribute("d", path);
    this.#area.setAttribute("d", path && `${path}L${x(known.at(-1)[0])} ${height}L${x(known[0][0])} ${height}Z`);
    renew(this.#now, this.show(last?.[1] ?? null));
    renew(this.#most, known.length > 0 ? `at most ${this.show(most)}` : "nothing yet");
  }
}
