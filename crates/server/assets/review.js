// Reviews by the keyboard: a letter for the eye, a letter for the verdict. The forms work without it.

import { isForeign, isTyping, named } from "./keys.js";

const EYES = { r: "right", l: "left", e: "" };
const NAME = "fundoscope.reader";
const UNSENT = "fundoscope.unsent";

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
    else keep(event.target);
    isSubmitting = true;
  });
  document.querySelector('form[action="/log-out"]')?.addEventListener("submit", forget);
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

// Puts back what was typed into a review that the server did not take, since the session was over when it was sent. Who logs in
// comes back to this page, and whose review was taken, to the eyes on it.
export function restoreReview(root) {
  const unsent = kept();
  if (!unsent) return;
  const isOwn = unsent.account === account();
  if (isOwn && unsent.page !== location.pathname) return;
  forget();
  if (!isOwn || location.hash === "#eyes") return;
  const overrule = root.querySelector(`[data-eye="${unsent.eye}"] [data-overrule]`);
  if (!overrule) return;
  const { grade, reason } = overrule.querySelector("form").elements;
  overrule.open = true;
  if ([...grade.options].some(({ value }) => value === unsent.grade)) grade.value = unsent.grade;
  reason.value = unsent.reason;
  reason.focus();
}

// Who is logged in; without accounts no session ends.
const account = () => document.querySelector("[data-account]")?.textContent;

// In this tab alone, until it is put back, was taken, or somebody logs out or in under another name.
function keep(form) {
  const { grade, reason, laterality } = form.elements;
  if (!account() || !reason) return;
  const unsent = { account: account(), page: location.pathname, eye: laterality.value, grade: grade.value, reason: reason.value };
  try {
    sessionStorage.setItem(UNSENT, JSON.stringify(unsent));
  } catch {
    // it is typed anew
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(UNSENT));
  } catch {
    return null;
  }
}

function forget() {
  try {
    sessionStorage.removeItem(UNSENT);
  } catch {
    // nothing was kept
  }
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
