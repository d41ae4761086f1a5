// Reviews by the keyboard: a letter for the eye, a letter for the verdict. The forms work without it.

import { isForeign, isTyping, named } from "./keys.js";

const EYES = { r: "right", l: "left", e: "" };
const NAME = "fundoscope.reader";

// Brings the reader's name into forms that have none.
export function enlivenReviews(root) {
  for (const field of root.querySelectorAll("[data-reader]")) field.value ||= remembered();
  // One's own word is no secret; a nameless one is nobody's.
  const own = key(remembered());
  for (const folded of root.querySelectorAll("details[data-blind]")) folded.open ||= own !== "" && folded.dataset.blind === own;
}

export function listen(root) {
  let isSubmitting = false;
  root.addEventListener("input", (event) => {
    if (event.target.matches("[data-reader]")) remember(event.target.value);
  });
  root.addEventListener("submit", (event) => {
    if (isSubmitting) event.preventDefault(); // a verdict counts once
    isSubmitting = true;
  });
  window.addEventListener("pageshow", () => (isSubmitting = false));
  document.addEventListener("keydown", (event) => {
    if (event.repeat || isForeign(event) || isTyping(event.target)) return;
    const letter = named(event);
    if (letter in EYES) root.querySelector(`[data-eye="${EYES[letter]}"]`)?.focus();
    // A verdict is for the eye that has the focus, and is seen to have it.
    const eye = document.activeElement?.closest("[data-eye]");
    if (!eye) return;
    if (letter === "a") eye.querySelector('button[value="agree"]')?.click();
    if (letter === "u") eye.querySelector('button[value="ungradable"]')?.click();
    if (letter === "o") {
      const overrule = eye.querySelector("[data-overrule]");
      if (!overrule) return;
      event.preventDefault(); // the letter must not choose a grade
      overrule.open = true;
      overrule.querySelector("select").focus();
    }
  });
}

// As the server knows readers: whatever the case and the spaces of the name.
const key = (name) => name.trim().split(/\s+/).join(" ").toLowerCase();

// Where the browser keeps nothing, the name is written anew.
function remembered() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

function remember(name) {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // as above
  }
}
