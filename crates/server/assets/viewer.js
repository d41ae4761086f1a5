// The pictures of one photograph: zoom and pan move all of them together, in coordinates of the field of view.
//
// `center` is a point of the cropped square (0 to 1 either way), the same place on the retina in every picture, and
// `zoom` the magnification. The original is larger than the square; from twice its size on, it has the same scale.

const LARGEST_ZOOM = 16;
const NUMBER_SIZE = 14; // pixels of the screen
const LINE_WIDTH = 1.75; // the same
const PLACE_SHARE = 0.4; // of the picture's side that a chosen place fills
const KEY_STEP = 0.12; // of what is visible
const SCROLL_PAUSE = 250; // milliseconds after which a wheel no longer belongs to scrolling the page

let lastScroll = -Infinity;
window.addEventListener("scroll", () => { lastScroll = performance.now(); }, { passive: true });

/// Whether two addresses name the same map on the same scale, whatever its colours.
function isSameMap(one, other) {
  const [a, b] = [one, other].map((address) => new URL(address, location.href));
  return a.pathname === b.pathname && a.searchParams.get("scale") === b.searchParams.get("scale");
}

export class Viewer {
  #element;
  #panes;
  #zoom = 1;
  #center = [0.5, 0.5];
  #pointers = new Map(); // pointers that are down on a stage: id -> [x, y]
  #lastWheel = -Infinity;

  constructor(element) {
    this.#element = element;
    this.#panes = [...element.querySelectorAll("[data-pane]")];
    for (const pane of this.#panes) this.#listen(pane);
    for (const button of element.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => this.#press(button.dataset.zoom));
    element.querySelector("[data-opacity]")?.addEventListener("input", () => this.draw());
    element.querySelector("[data-grey]")?.addEventListener("input", () => this.draw());
    element.querySelector("[data-palette]")?.addEventListener("input", () => this.draw());
    element.querySelector("[data-contours]")?.addEventListener("input", () => this.draw());
    element.querySelector("[data-outlines]")?.addEventListener("input", () => this.draw());
    element.querySelector("[data-over]")?.addEventListener("input", () => this.draw());
    element.addEventListener("click", (event) => this.#choose(event.target.closest("[data-region]")));
    new ResizeObserver(() => this.draw()).observe(element);
    this.draw();
  }

  /// Brings every picture to the present place, magnification and opacity.
  draw() {
    for (const pane of this.#panes) {
      const layer = pane.querySelector(".layer");
      const { scale, origin, size } = this.#geometry(pane);
      const left = size / 2 - (origin[0] + this.#center[0] * origin[2]) * scale;
      const top = size / 2 - (origin[1] + this.#center[1] * origin[2]) * scale;
      const isWords = layer.querySelector(".pane-message") !== null;
      layer.style.transform = this.#zoom === 1 || isWords ? "none" : `translate(${left}px, ${top}px) scale(${scale})`;
    }
    const shown = `${this.#zoom.toFixed(1)} ×`;
    this.#element.querySelector("[data-zoom-value]").textContent = shown;
    this.#element.classList.toggle("zoomed", this.#zoom > 1);
    this.#drawOverlay();
    this.#drawOutlines();
  }

  // Outlines stay as thin and their numbers as large as they are, whatever the magnification.
  #drawOutlines() {
    const chosen = this.#element.querySelector('[data-region][aria-pressed="true"]')?.dataset.region;
    this.#element.classList.toggle("no-outlines", this.#element.querySelector("[data-outlines]")?.checked === false);
    for (const outlines of this.#element.querySelectorAll("[data-outlined]")) {
      const { scale, size } = this.#geometry(outlines.closest("[data-pane]"));
      const { width, height } = outlines.viewBox.baseVal;
      const unit = (size / Math.max(width, height)) * scale; // pixels of the screen
      outlines.setAttribute("stroke-width", String(LINE_WIDTH / unit));
      for (const edge of outlines.querySelectorAll(".edge")) edge.setAttribute("stroke-width", String((2 * LINE_WIDTH) / unit));
      for (const text of outlines.querySelectorAll("text")) text.setAttribute("font-size", String(NUMBER_SIZE / unit));
      for (const outline of outlines.querySelectorAll("[data-outline]")) outline.classList.toggle("chosen", outline.dataset.outline === chosen);
    }
  }

  // Brings the place of a line of the list into the middle of every picture; the same line again shows all of it.
  #choose(button) {
    if (!button) return;
    const wasChosen = button.getAttribute("aria-pressed") === "true";
    for (const other of this.#element.querySelectorAll("[data-region]")) other.setAttribute("aria-pressed", String(other === button && !wasChosen));
    if (wasChosen) return this.#zoomTo(1);
    const [left, top, right, bottom] = button.dataset.bounds.split(" ").map(Number);
    this.#zoom = Math.min(LARGEST_ZOOM, Math.max(2, PLACE_SHARE / Math.max(right - left, bottom - top)));
    this.#center = [(left + right) / 2, (top + bottom) / 2];
    this.#settle();
  }

  #drawOverlay() {
    const slider = this.#element.querySelector("[data-opacity]");
    if (!slider) return;
    this.#element.querySelector("[data-opacity-value]").textContent = `${slider.value} %`;
    this.#element.classList.toggle("coloured", !this.#element.querySelector("[data-grey]").checked);
    const palette = this.#element.querySelector("[data-palette]").value;
    this.#element.classList.toggle("other-colours", palette !== "blue-red");
    const contours = this.#element.querySelector("[data-contours]").checked;
    for (const words of this.#element.querySelectorAll("[data-contours-legend]")) words.hidden = !contours;
    const over = this.#element.querySelector("[data-over]").selectedOptions[0].dataset.map;
    const laid = this.#element.querySelector("[data-over-map]");
    laid.hidden = !over;
    if (!over) laid.removeAttribute("src");
    else if (!laid.hasAttribute("src") || !isSameMap(laid.getAttribute("src"), over)) laid.setAttribute("src", over);
    for (const map of this.#element.querySelectorAll(".map")) {
      map.style.opacity = String(slider.value / 100);
      if (!map.hasAttribute("src")) continue;
      const address = new URL(map.getAttribute("src"), location.href);
      if (palette === "blue-red") address.searchParams.delete("palette");
      else address.searchParams.set("palette", palette);
      if (contours) address.searchParams.set("style", "contours");
      else address.searchParams.delete("style");
      const relative = address.pathname + address.search;
      if (map.getAttribute("src") !== relative) map.setAttribute("src", relative);
    }
  }

  // Where the cropped square lies in an untouched stage (left, top, side in its pixels), the stage's side, and the
  // magnification of this picture.
  #geometry(pane) {
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

  // The point of the cropped square that is at a place of the window.
  #pointAt(pane, x, y) {
    const box = pane.querySelector(".stage").getBoundingClientRect();
    const { size, scale, origin } = this.#geometry(pane);
    if (this.#zoom === 1) return [(x - box.left - origin[0]) / origin[2], (y - box.top - origin[1]) / origin[2]];
    return [this.#center[0] + (x - box.left - size / 2) / (scale * origin[2]), this.#center[1] + (y - box.top - size / 2) / (scale * origin[2])];
  }

  #zoomTo(zoom, pane, x, y) {
    const anchor = pane ? this.#pointAt(pane, x, y) : null;
    this.#zoom = Math.min(LARGEST_ZOOM, Math.max(1, zoom));
    if (this.#zoom < 1.01) this.#zoom = 1;
    if (anchor) {
      const now = this.#pointAt(pane, x, y);
      this.#center = [this.#center[0] + anchor[0] - now[0], this.#center[1] + anchor[1] - now[1]];
    }
    this.#settle();
  }

  #moveBy(pane, x, y) {
    const { scale, origin } = this.#geometry(pane);
    this.#center = [this.#center[0] - x / (scale * origin[2]), this.#center[1] - y / (scale * origin[2])];
    this.#settle();
  }

  // Keeps the field of view in sight.
  #settle() {
    const margin = 0.5 / this.#zoom;
    this.#center = this.#center.map((place) => Math.min(1 - margin, Math.max(margin, place)));
    this.draw();
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
    });
    stage.addEventListener("pointermove", (event) => {
      this.#point(pane, event);
      if (this.#pointers.has(event.pointerId)) this.#drag(pane, event);
    });
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.#pointers.delete(event.pointerId));
    stage.addEventListener("pointerleave", () => this.#point(null));
    stage.addEventListener("dblclick", (event) => this.#zoomTo(this.#zoom > 1 ? 1 : 3, pane, event.clientX, event.clientY));
    pane.querySelector("[data-enlarge]").addEventListener("click", () => this.#enlarge(pane));
  }

  #key(event, pane) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
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
      Enter: () => this.#enlarge(pane),
      Escape: () => pane.classList.contains("large") && this.#enlarge(pane),
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
    const place = pane ? this.#pointAt(pane, event.clientX, event.clientY) : null;
    for (const other of this.#panes) {
      const crosshair = other.querySelector(".crosshair");
      crosshair.hidden = !place || other === pane || event.pointerType === "touch";
      if (crosshair.hidden) continue;
      const { size, scale, origin } = this.#geometry(other);
      const at = (axis) => (this.#zoom === 1 ? origin[axis] + place[axis] * origin[2] : size / 2 + (place[axis] - this.#center[axis]) * origin[2] * scale);
      crosshair.style.transform = `translate(${at(0)}px, ${at(1)}px)`;
    }
  }

  #enlarge(pane) {
    const large = !pane.classList.contains("large");
    for (const other of this.#panes) {
      const isLarge = large && other === pane;
      other.classList.toggle("large", isLarge);
      const button = other.querySelector("[data-enlarge]");
      button.setAttribute("aria-pressed", String(isLarge));
    }
    this.#element.classList.toggle("has-large", large);
    this.draw();
  }
}
