// Pictures of retinas that are zoomed and moved together, in coordinates of the field of view.
//
// `center` is a point of the cropped square (0 to 1 either way), the same place on the retina in every picture, and
// `zoom` the magnification. The original is larger than the square; from twice its size on, it has the same scale. A pane that
// is mirrored shows the other eye, where the same place on the retina lies on the other side.

const LARGEST_ZOOM = 16;
const KEY_STEP = 0.12; // of what is visible
const SCROLL_PAUSE = 250; // milliseconds after which a wheel no longer belongs to scrolling the page

let lastScroll = -Infinity;
window.addEventListener("scroll", () => { lastScroll = performance.now(); }, { passive: true });

export class Stages {
  /// What takes one pointer and keys before pictures are moved by them: `begin`, `move`, `end` and `key` of a ruler, or null.
  tool = null;
  #element;
  #panes;
  #drawn;
  #zoom = 1;
  #center = [0.5, 0.5];
  #pointers = new Map(); // pointers that are down on a stage: id -> [x, y]
  #lastWheel = -Infinity;

  /// The panes inside an element; `drawn` is called whenever they were moved.
  constructor(element, drawn) {
    this.#element = element;
    this.#panes = [...element.querySelectorAll("[data-pane]")];
    this.#drawn = drawn;
    for (const pane of this.#panes) this.#listen(pane);
    for (const button of element.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => this.#press(button.dataset.zoom));
    new ResizeObserver(() => this.draw()).observe(element);
  }

  get panes() {
    return this.#panes;
  }

  get view() {
    return { zoom: this.#zoom, center: this.#center };
  }

  /// Shows a place at a magnification; keeps the field of view in sight.
  show({ zoom, center }) {
    this.#zoom = Math.min(LARGEST_ZOOM, Math.max(1, zoom));
    if (this.#zoom < 1.01) this.#zoom = 1;
    const margin = 0.5 / this.#zoom;
    this.#center = center.map((place) => Math.min(1 - margin, Math.max(margin, place)));
    this.draw();
  }

  /// Brings every picture to the present place and magnification.
  draw() {
    for (const pane of this.#panes) {
      const layer = pane.querySelector(".layer");
      const { scale, origin, size } = this.geometry(pane);
      const [x, y] = seenIn(pane, this.#center);
      const left = size / 2 - (origin[0] + x * origin[2]) * scale;
      const top = size / 2 - (origin[1] + y * origin[2]) * scale;
      const isWords = layer.querySelector(".pane-message") !== null;
      layer.style.transform = this.#zoom === 1 || isWords ? "none" : `translate(${left}px, ${top}px) scale(${scale})`;
    }
    this.#element.querySelector("[data-zoom-value]").textContent = `${this.#zoom.toFixed(1)} ×`;
    this.#element.classList.toggle("zoomed", this.#zoom > 1);
    this.#drawn();
  }

  /// Where the cropped square lies in an untouched stage (left, top, side in its pixels), the stage's side, and the
  /// magnification of this picture.
  geometry(pane) {
    const size = pane.querySelector(".stage").clientWidth;
    const picture = pane.querySelector("[data-radius]");
    if (!picture) return { size, origin: [0, 0, size], scale: this.#zoom };
    const { width, height, centerX, centerY, radius } = picture.dataset;
    const fit = size / Math.max(width, height);
    const left = (size - width * fit) / 2 + (centerX - radius) * fit;
    const top = (size - height * fit) / 2 + (centerY - radius) * fit;
    const side = 2 * radius * fit;
    const catchUp = Math.min(1, Math.log2(this.#zoom));
    return { size, origin: [left, top, side], scale: this.#zoom * (size / side) ** catchUp };
  }

  /// The point of the cropped square that is at a place of the window.
  pointAt(pane, x, y) {
    const box = pane.querySelector(".stage").getBoundingClientRect();
    const { size, scale, origin } = this.geometry(pane);
    const at = [x - box.left, y - box.top];
    if (this.#zoom === 1) return seenIn(pane, at.map((place, axis) => (place - origin[axis]) / origin[2]));
    const center = seenIn(pane, this.#center);
    return seenIn(pane, at.map((place, axis) => center[axis] + (place - size / 2) / (scale * origin[2])));
  }

  /// Where in its stage a pane shows a point of the cropped square, in pixels of the screen.
  placeOf(pane, point) {
    const { size, scale, origin } = this.geometry(pane);
    const [center, seen] = [seenIn(pane, this.#center), seenIn(pane, point)];
    return seen.map((place, axis) => (this.#zoom === 1 ? origin[axis] + place * origin[2] : size / 2 + (place - center[axis]) * origin[2] * scale));
  }

  #zoomTo(zoom, pane, x, y) {
    const anchor = pane ? this.pointAt(pane, x, y) : null;
    this.#zoom = Math.min(LARGEST_ZOOM, Math.max(1, zoom));
    let center = this.#center;
    if (anchor) {
      const now = this.pointAt(pane, x, y);
      center = center.map((place, axis) => place + anchor[axis] - now[axis]);
    }
    this.show({ zoom: this.#zoom, center });
  }

  #moveBy(pane, x, y) {
    const { scale, origin } = this.geometry(pane);
    const [left, top] = seenIn(pane, this.#center);
    this.show({ zoom: this.#zoom, center: seenIn(pane, [left - x / (scale * origin[2]), top - y / (scale * origin[2])]) });
  }

  #press(action) {
    if (action === "in") this.#zoomTo(this.#zoom * 1.5);
    if (action === "out") this.#zoomTo(this.#zoom / 1.5);
    if (action === "all") this.#zoomTo(1);
  }

  #listen(pane) {
    const stage = pane.querySelector(".stage");
    stage.addEventListener("keydown", (event) => this.#key(event, pane));
    stage.addEventListener("wheel", (event) => this.#wheel(event, pane), { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      stage.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
      if (this.#pointers.size === 1) this.tool?.begin(pane, event);
      else this.tool?.end();
    });
    stage.addEventListener("pointermove", (event) => {
      this.#point(pane, event);
      if (this.#pointers.has(event.pointerId)) this.#drag(pane, event);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      stage.addEventListener(name, (event) => {
        this.#pointers.delete(event.pointerId);
        this.tool?.end();
      });
    }
    stage.addEventListener("pointerleave", () => this.#point(null));
    stage.addEventListener("dblclick", (event) => {
      if (!this.tool) this.#zoomTo(this.#zoom > 1 ? 1 : 3, pane, event.clientX, event.clientY);
    });
  }

  #key(event, pane) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.tool?.key(event, pane)) return event.preventDefault();
    const visible = KEY_STEP * pane.querySelector(".stage").clientWidth;
    const actions = {
      "+": () => this.#press("in"),
      "=": () => this.#press("in"),
      "-": () => this.#press("out"),
      "0": () => this.#press("all"),
      ArrowLeft: () => this.#moveBy(pane, visible, 0),
      ArrowRight: () => this.#moveBy(pane, -visible, 0),
      ArrowUp: () => this.#moveBy(pane, 0, visible),
      ArrowDown: () => this.#moveBy(pane, 0, -visible),
    };
    const isArrow = event.key.startsWith("Arrow");
    if (!actions[event.key] || (isArrow && this.#zoom === 1)) return; // then arrows scroll the page
    event.preventDefault();
    actions[event.key]();
  }

  // A wheel that scrolls the page, or that has nothing left to zoom out of, stays with the page.
  #wheel(event, pane) {
    const now = performance.now();
    const scrolling = now - lastScroll < SCROLL_PAUSE && now - this.#lastWheel > SCROLL_PAUSE && !event.ctrlKey;
    if (scrolling || (this.#zoom === 1 && event.deltaY > 0)) return;
    event.preventDefault();
    this.#lastWheel = now;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    const strength = event.ctrlKey ? 0.01 : 0.002;
    this.#zoomTo(this.#zoom * Math.exp(-event.deltaY * lines * strength), pane, event.clientX, event.clientY);
  }

  #drag(pane, event) {
    const before = [...this.#pointers.values()];
    const [x, y] = this.#pointers.get(event.pointerId);
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    const after = [...this.#pointers.values()];
    if (before.length === 2) return this.#pinch(pane, before, after);
    if (this.tool) return this.tool.move(pane, event);
    if (this.#zoom > 1) this.#moveBy(pane, event.clientX - x, event.clientY - y);
  }

  #pinch(pane, before, after) {
    const distance = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const [from, to] = [middle(before), middle(after)];
    this.#zoomTo((this.#zoom * distance(after)) / Math.max(1, distance(before)), pane, ...to);
    this.#moveBy(pane, to[0] - from[0], to[1] - from[1]);
  }

  // Marks in the other pictures the place that the pointer shows in this one.
  #point(pane, event) {
    const place = pane ? this.pointAt(pane, event.clientX, event.clientY) : null;
    for (const other of this.#panes) {
      const crosshair = other.querySelector(".crosshair");
      crosshair.hidden = !place || other === pane || event.pointerType === "touch";
      if (crosshair.hidden) continue;
      const [left, top] = this.placeOf(other, place);
      crosshair.style.transform = `translate(${left}px, ${top}px)`;
    }
  }
}

// A point as a pane shows it, and back again.
const seenIn = (pane, [x, y]) => ("mirrored" in pane.dataset ? [1 - x, y] : [x, y]);
