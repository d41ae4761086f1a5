// Two pictures of the screening side by side, moved together: both eyes, two fields of one eye, or two explanations of one
// photograph. What is shown is copied from the page, in the state in which the page shows it.

import { drawOutlines } from "./outlines.js";
import { Stages } from "./stages.js";
import { Tone } from "./tone.js";

const SHOWN = ["coloured", "other-colours", "no-outlines"];

export class Comparison {
  #dialog = document.querySelector("[data-comparison]");
  #slots = [...this.#dialog.querySelectorAll("[data-pane]")];
  #articles = []; // photographs with pictures
  #stages = new Stages(this.#dialog, () => drawOutlines(this.#dialog, this.#stages));
  #tone = new Tone(this.#dialog);

  constructor() {
    for (const slot of this.#slots) {
      field(slot, "photograph").addEventListener("input", () => this.#choosePhotograph(slot));
      field(slot, "picture").addEventListener("input", () => this.#fill(slot));
      for (const button of slot.querySelectorAll("[data-flip]")) button.addEventListener("click", () => this.#flip(slot, Number(button.dataset.flip)));
    }
    this.#dialog.querySelector("[data-close]").addEventListener("click", () => this.#dialog.close());
    // What lies behind it takes no keys.
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /// Opens it with a photograph beside the other eye's, else beside another one of its eye, else with two of its pictures.
  open(article, articles, settings) {
    this.#articles = articles;
    for (const name of SHOWN) this.#dialog.classList.toggle(name, article.querySelector("[data-viewer]").classList.contains(name));
    const other = this.#beside(article);
    const isFirst = other === article || side(article) < side(other) || (side(article) === side(other) && articles.indexOf(article) < articles.indexOf(other));
    const pair = isFirst ? [article, other] : [other, article];
    this.#dialog.showModal();
    this.#slots.forEach((slot, index) => {
      field(slot, "photograph").replaceChildren(...articles.map((each, place) => new Option(each.dataset.name, String(place))));
      field(slot, "photograph").value = String(articles.indexOf(pair[index]));
    });
    const wanted = settings.large ?? "cropped";
    this.#slots.forEach((slot, index) => this.#choosePhotograph(slot, other === article && index === 1 ? "combined" : wanted));
    this.#tone.settings = settings.tone;
    const { zoom, center: [x, y] } = settings.view;
    const isMirrored = !isFirst && "mirrored" in this.#slots[1].dataset;
    this.#stages.show({ zoom, center: [isMirrored ? 1 - x : x, y] });
    this.#slots[0].querySelector(".stage").focus();
  }

  #beside(article) {
    const others = this.#articles.filter((each) => each !== article);
    return others.find((each) => eye(each) && eye(article) && eye(each) !== eye(article)) ?? others.find((each) => eye(each) === eye(article)) ?? article;
  }

  // Keeps the kind of picture where the photograph has it.
  #choosePhotograph(slot, wanted = field(slot, "picture").value) {
    const pictures = [...this.#article(slot).querySelectorAll("[data-pane]")];
    field(slot, "picture").replaceChildren(...pictures.map((pane) => new Option(pane.querySelector(".pane-name strong").textContent, pane.dataset.pane)));
    field(slot, "picture").value = pictures.some((pane) => pane.dataset.pane === wanted) ? wanted : "cropped";
    this.#fill(slot);
  }

  #fill(slot) {
    const picture = this.#article(slot).querySelector(`[data-pane="${field(slot, "picture").value}"]`);
    slot.querySelector(".layer").replaceChildren(...picture.querySelector(".layer").cloneNode(true).childNodes);
    const name = `${this.#article(slot).dataset.name}, ${picture.querySelector(".stage").getAttribute("aria-label")}`;
    slot.querySelector(".stage").setAttribute("aria-label", name);
    const [first, second] = this.#slots.map((each) => eye(this.#article(each)));
    this.#slots[1].toggleAttribute("data-mirrored", Boolean(first && second) && first !== second);
    this.#stages.draw();
  }

  #article(slot) {
    return this.#articles[Number(field(slot, "photograph").value)];
  }

  // The next photograph of the eye that a side shows, in the same place.
  #flip(slot, by) {
    const same = this.#articles.filter((each) => eye(each) === eye(this.#article(slot)));
    const next = same[(same.indexOf(this.#article(slot)) + by + same.length) % same.length];
    field(slot, "photograph").value = String(this.#articles.indexOf(next));
    this.#choosePhotograph(slot);
  }

  #nextPicture(slot) {
    const picture = field(slot, "picture");
    picture.selectedIndex = (picture.selectedIndex + 1) % picture.options.length;
    this.#fill(slot);
  }

  #key(event) {
    event.stopPropagation();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const slot = event.target.closest("[data-pane]") ?? this.#slots[0];
    const actions = {
      g: () => this.#tone.toggleRedFree(),
      m: () => this.#nextPicture(slot),
      c: () => this.#dialog.close(),
      "[": () => this.#flip(slot, -1),
      "]": () => this.#flip(slot, 1),
    };
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

const eye = (article) => article.dataset.laterality;
// As the clinician faces the patient: the right eye on the left.
const side = (article) => ["right", "left"].indexOf(eye(article));
const field = (slot, name) => slot.querySelector(`[data-choice="${name}"]`);
