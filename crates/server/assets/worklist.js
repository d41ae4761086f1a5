// The worklist by the keyboard. Rows are reached by the links in them, so that Enter opens one without any script.

import { enlivenKeys, isForeign, isTyping, named } from "./keys.js";
import { localizeTimes } from "./times.js";

document.documentElement.classList.add("scripted");
localizeTimes(document);

const links = [...document.querySelectorAll("[data-worklist] [data-open]")];
const search = document.querySelector("[data-search]");
const keys = enlivenKeys();

document.addEventListener("keydown", (event) => {
  if (isForeign(event) || keys.open) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape" && event.target === search) search.blur();
    return;
  }
  const act = ACTIONS[named(event)];
  if (act?.(event)) event.preventDefault();
});

const ACTIONS = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  Enter: (event) => event.target === document.body && click(links[0]),
  "/": () => focus(search),
  n: () => click(document.querySelector("[data-next]")),
  p: () => click(document.querySelector("[data-previous]")),
  "?": () => {
    keys.showModal();
    return true;
  },
};

function move(by) {
  const row = document.activeElement?.closest("tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  const to = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  return focus(links[to]);
}

function focus(element) {
  element?.focus();
  element?.closest("tr")?.scrollIntoView({ block: "nearest" });
  return element !== undefined && element !== null;
}

function click(element) {
  element?.click();
  return element !== undefined && element !== null;
}
