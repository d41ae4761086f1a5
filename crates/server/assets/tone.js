// How photographs are shown: red-free (the green channel in grey, in which vessels and haemorrhages stand out), brighter, with
// more contrast. Only what is on the screen changes; maps, and what the network sees, stay as they are.

export class Tone {
  #element;
  #redFree;
  #sliders; // brightness and contrast, in percent

  constructor(element) {
    this.#element = element;
    this.#redFree = element.querySelector("[data-red-free]");
    this.#sliders = [...element.querySelectorAll("[data-tone]")];
    this.#redFree.addEventListener("click", () => this.toggleRedFree());
    for (const slider of this.#sliders) slider.addEventListener("input", () => this.#draw());
    element.querySelector("[data-tone-reset]").addEventListener("click", () => { this.settings = { isRedFree: false, levels: ["100", "100"] }; });
  }

  toggleRedFree() {
    this.settings = { ...this.settings, isRedFree: !this.settings.isRedFree };
  }

  get settings() {
    return { isRedFree: this.#redFree.getAttribute("aria-pressed") === "true", levels: this.#sliders.map(({ value }) => value) };
  }

  set settings({ isRedFree, levels }) {
    this.#redFree.setAttribute("aria-pressed", String(isRedFree));
    this.#sliders.forEach((slider, index) => { slider.value = levels[index]; });
    this.#draw();
  }

  #draw() {
    const { isRedFree, levels } = this.settings;
    const filters = this.#sliders.flatMap((slider, index) => (levels[index] === "100" ? [] : [`${slider.dataset.tone}(${levels[index]}%)`]));
    if (isRedFree) filters.unshift("url(#red-free)");
    if (filters.length > 0) this.#element.style.setProperty("--tone", filters.join(" "));
    else this.#element.style.removeProperty("--tone");
    this.#sliders.forEach((slider) => slider.setAttribute("aria-valuetext", `${slider.value} %`));
    this.#element.querySelector("[data-tone-reset]").disabled = filters.length === 0;
  }
}
