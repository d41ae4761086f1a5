// The pictures of one photograph: they are moved together, with the explanations over them, outlines, tone and ruler.

import { drawOutlines } from "./outlines.js";
import { Ruler } from "./ruler.js";
import { Stages } from "./stages.js";
import { Tone } from "./tone.js";

const PLACE_SHARE = 0.4; // of the picture's side that a chosen place fills
const CHOICES = ["[data-opacity]", "[data-grey]", "[data-palette]", "[data-contours]", "[data-outlines]", "[data-over]"];

/// Whether two addresses name the same map on the same scale, whatever its colours.
function isSameMap(one, other) {
  const [a, b] = [one, other].map((address) => new URL(address, location.href));
  return a.pathname === b.pathname && a.searchParams.get("scale") === b.searchParams.get("scale");
}

export class Viewer {
  #element;
  #stages;
  #tone;
  #ruler;

  constructor(element) {
    this.#element = element;
    this.#stages = new Stages(element, () => this.#drawn());
    this.#tone = new Tone(element);
    this.#ruler = new Ruler(element, this.#stages);
    for (const choice of CHOICES) element.querySelector(choice)?.addEventListener("input", () => this.draw());
    for (const pane of this.#stages.panes) {
      pane.querySelector("[data-enlarge]").addEventListener("click", () => this.#enlargeOrNot(pane));
      pane.querySelector(".stage").addEventListener("keydown", (event) => this.#key(event, pane));
    }
    element.addEventListener("click", (event) => this.#choose(event.target.closest("[data-region]")));
    this.draw();
  }

  /// Brings every picture to the present place, magnification and opacity.
  draw() {
    this.#stages.draw();
  }

  toggleRedFree() {
    this.#tone.toggleRedFree();
  }

  toggleRuler() {
    this.#ruler.toggle();
  }

  /// Lays the next method over the field of view, and nothing after the last one.
  layNextMethod() {
    const over = this.#element.querySelector("[data-over]");
    if (!over) return;
    over.selectedIndex = (over.selectedIndex + 1) % over.options.length;
    this.draw();
  }

  /// What this viewer shows of its photograph, for another one to show the same of its own.
  get settings() {
    const values = CHOICES.map((choice) => this.#element.querySelector(choice)).map((field) => field && [field.value, field.checked]);
    return { view: this.#stages.view, tone: this.#tone.settings, values, large: this.#element.querySelector(".pane.large")?.dataset.pane };
  }

  set settings({ view, tone, values, large }) {
    CHOICES.forEach((choice, index) => {
      const field = this.#element.querySelector(choice);
      if (field && values[index]) [field.value, field.checked] = values[index];
    });
    this.#tone.settings = tone;
    this.#enlarge(this.#stages.panes.find((pane) => pane.dataset.pane === large));
    this.#stages.show(view);
  }

  #drawn() {
    const chosen = this.#element.querySelector('[data-region][aria-pressed="true"]')?.dataset.region;
    this.#element.classList.toggle("no-outlines", this.#element.querySelector("[data-outlines]")?.checked === false);
    drawOutlines(this.#element, this.#stages, chosen);
    this.#drawOverlay();
    this.#ruler.draw();
  }

  // Brings the place of a line of the list into the middle of every picture; the same line again shows all of it.
  #choose(button) {
    if (!button) return;
    const wasChosen = button.getAttribute("aria-pressed") === "true";
    for (const other of this.#element.querySelectorAll("[data-region]")) other.setAttribute("aria-pressed", String(other === button && !wasChosen));
    if (wasChosen) return this.#stages.show({ zoom: 1, center: [0.5, 0.5] });
    const [left, top, right, bottom] = button.dataset.bounds.split(" ").map(Number);
    this.#stages.show({ zoom: Math.max(2, PLACE_SHARE / Math.max(right - left, bottom - top)), center: [(left + right) / 2, (top + bottom) / 2] });
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

  #key(event, pane) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return; // it was for the ruler
    const isLarge = pane.classList.contains("large");
    if (event.key !== "Enter" && !(event.key === "Escape" && isLarge)) return;
    event.preventDefault();
    this.#enlargeOrNot(pane);
  }

  #enlargeOrNot(pane) {
    this.#enlarge(pane.classList.contains("large") ? undefined : pane);
    this.draw();
  }

  // One pane, or none.
  #enlarge(large) {
    for (const pane of this.#stages.panes) {
      pane.classList.toggle("large", pane === large);
      pane.querySelector("[data-enlarge]").setAttribute("aria-pressed", String(pane === large));
    }
    this.#element.classList.toggle("has-large", large !== undefined);
  }
}
