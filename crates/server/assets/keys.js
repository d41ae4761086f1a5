// What pages that are worked by the keyboard share: the list of their keys, and when a letter is no key.

/// Opens the list of keys where its button is pressed; returns it.
export function enlivenKeys() {
  const keys = document.querySelector("[data-keys]");
  document.querySelector("[data-show-keys]").addEventListener("click", () => keys.showModal());
  return keys;
}

/// Whether what is pressed belongs to a field that is written into or chosen from.
export function isTyping(element) {
  return element instanceof Element && element.closest("input:not([type=radio]):not([type=checkbox]):not([type=range]), select, textarea") !== null;
}

/// The name of a key, with letters whatever their case.
export const named = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

/// Whether another program's key, or one that is held down, is pressed.
export const isForeign = (event) => event.ctrlKey || event.metaKey || event.altKey;
