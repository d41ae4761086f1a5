// A ruler over the pictures of a photograph. Its ends are points of the field of view, so that it lies at the same place in
// every picture at every magnification. It tells diameters of this eye's optic disc, where that is known, and pixels of the
// photograph; both are approximate, because a retina is curved and the disc was measured by the program.

const GRASP = 22; // pixels of the screen within which an end is taken hold of
const FIRST = 0.1; // of what is visible: how long a ruler is that the keyboard lays down
const KEY_STEP = 0.01; // of what is visible
const SVG = "http://www.w3.org/2000/svg";

export class Ruler {
  #element;
  #stages;
  #button;
  #ends = null; // two points of the field of view
  #held = 1; // which of them is moved

  constructor(element, stages) {
    this.#element = element;
    this.#stages = stages;
    this.#button = element.querySelector("[data-ruler]");
    this.#button.addEventListener("click", () => this.toggle());
    element.querySelector("[data-ruler-clear]").addEventListener("click", () => this.#clear());
    for (const pane of stages.panes) pane.querySelector(".stage").append(drawing());
  }

  toggle() {
    const isOn = !this.#isOn;
    this.#button.setAttribute("aria-pressed", String(isOn));
    this.#element.classList.toggle("measuring", isOn);
    this.#stages.tool = isOn ? this : null;
    if (!isOn) this.#ends = null;
    this.draw();
  }

  get #isOn() {
    return this.#stages.tool === this;
  }

  begin(pane, event) {
    const grasped = (this.#ends ?? []).findIndex((end) => {
      const box = pane.querySelector(".stage").getBoundingClientRect();
      const [x, y] = this.#stages.placeOf(pane, end);
      return Math.hypot(x + box.left - event.clientX, y + box.top - event.clientY) < GRASP;
    });
    this.#held = grasped < 0 ? 1 : grasped;
    const point = this.#stages.pointAt(pane, event.clientX, event.clientY);
    if (grasped < 0) this.#ends = [point, point];
    this.draw();
  }

  move(pane, event) {
    if (!this.#ends) return;
    this.#ends[this.#held] = this.#stages.pointAt(pane, event.clientX, event.clientY);
    this.draw();
  }

  // A touch that did not move measures nothing.
  end() {
    if (this.#ends && this.#length === 0) this.#clear();
  }

  /// Whether a key was meant for the ruler.
  key(event) {
    const { zoom, center: [x, y] } = this.#stages.view;
    if (event.key === " ") {
      if (this.#ends) this.#held = 1 - this.#held;
      else this.#ends = [[x - FIRST / 2 / zoom, y], [x + FIRST / 2 / zoom, y]];
    } else if (event.key === "Escape" && this.#ends) {
      this.#ends = null;
    } else if (event.key === "Escape") {
      this.toggle();
    } else if (event.shiftKey && this.#ends && event.key.startsWith("Arrow")) {
      const [left, top] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const [from, down] = this.#ends[this.#held];
      this.#ends[this.#held] = [from + (left * KEY_STEP) / zoom, down + (top * KEY_STEP) / zoom];
    } else {
      return false;
    }
    this.draw();
    return true;
  }

  #clear() {
    this.#ends = null;
    this.draw();
  }

  get #length() {
    const [[left, top], [right, bottom]] = this.#ends;
    return Math.hypot(right - left, bottom - top);
  }

  draw() {
    this.#element.querySelector("[data-measuring]").hidden = !this.#isOn;
    this.#element.querySelector("[data-measured]").textContent = this.#ends ? this.#words() : this.#sentences.how;
    for (const pane of this.#stages.panes) {
      const svg = pane.querySelector("[data-ruler-line]");
      svg.toggleAttribute("hidden", !this.#ends || pane.querySelector(".pane-message") !== null);
      if (!this.#ends) continue;
      const [[x1, y1], [x2, y2]] = this.#ends.map((end) => this.#stages.placeOf(pane, end));
      for (const line of svg.querySelectorAll("line")) set(line, { x1, y1, x2, y2 });
      const marks = svg.querySelectorAll("circle");
      set(marks[0], { cx: x1, cy: y1 });
      set(marks[1], { cx: x2, cy: y2 });
    }
  }

  #words() {
    const { disc } = this.#element.dataset;
    const { radius } = this.#element.querySelector("[data-radius]").dataset;
    const pixels = String(Math.round(this.#length * 2 * radius));
    const discs = disc ? new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(this.#length / disc) : "";
    return (disc ? this.#sentences.discs : this.#sentences.pixels).replace("%discs%", discs).replace("%pixels%", pixels);
  }

  /// What is said, in the language of the page.
  get #sentences() {
    return this.#element.querySelector("[data-measuring]").dataset;
  }
}

function drawing() {
  const svg = document.createElementNS(SVG, "svg");
  set(svg, { class: "ruler", "data-ruler-line": "", "aria-hidden": "true", hidden: "" });
  for (const name of ["edge", "rule"]) svg.append(set(document.createElementNS(SVG, "line"), { class: name }));
  for (let end = 0; end < 2; end += 1) svg.append(set(document.createElementNS(SVG, "circle"), { r: 5 }));
  return svg;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
