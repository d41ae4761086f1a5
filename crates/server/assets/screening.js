// The result page: brings the viewers to life and fetches what was not ready when the page was drawn.

import { Comparison } from "./comparison.js";
import { enlivenKeys, isForeign, isTyping, named } from "./keys.js";
import { follow, isFinal } from "./progress.js";
import { enlivenReviews, listen, restoreReview } from "./review.js";
import { localizeTimes } from "./times.js";
import { Viewer } from "./viewer.js";

document.documentElement.classList.add("scripted");

const root = document.querySelector("[data-screening]");
const viewers = new Map(); // element of the photograph -> its viewer
const keys = enlivenKeys();
const comparison = new Comparison();

document.querySelector("[data-print]").addEventListener("click", () => window.print());
localizeTimes(document);
enliven();
enlivenReviews(root);
restoreReview(root);
listen(root);
if (!isFinal(root.dataset.state)) keepUp();

root.addEventListener("click", ({ target }) => {
  const article = target.closest("[data-photograph]");
  const flip = target.closest("[data-flip]");
  if (flip) showNext(article, Number(flip.dataset.flip));
  if (target.closest("[data-compare]")) compare(article);
});

// The viewer that has the focus takes them, else the one that fills most of the window.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || isForeign(event) || isTyping(event.target) || keys.open || comparison.isOpen) return;
  if (event.key === "?") return keys.showModal();
  const article = document.activeElement.closest("[data-photograph]") ?? mostVisible();
  const viewer = viewers.get(article);
  if (!viewer) return;
  const actions = {
    g: () => viewer.toggleRedFree(),
    d: () => viewer.toggleRuler(),
    m: () => viewer.layNextMethod(),
    c: () => compare(article),
    "[": () => showNext(article, -1),
    "]": () => showNext(article, 1),
  };
  const action = actions[named(event)];
  if (!action) return;
  event.preventDefault();
  action();
});

function mostVisible() {
  const seen = (article) => {
    const { top, bottom } = viewerOf(article).getBoundingClientRect();
    return Math.min(bottom, innerHeight) - Math.max(top, 0);
  };
  return [...viewers.keys()].reduce((best, article) => (best && seen(best) >= seen(article) ? best : article), undefined);
}

function viewerOf(article) {
  return article.querySelector("[data-viewer]");
}

function compare(article) {
  comparison.open(article, [...viewers.keys()], viewers.get(article).settings);
}

// Shows the next photograph of the same eye at the same place of the window, as this one is shown.
function showNext(article, by) {
  const same = [...viewers.keys()].filter(({ dataset }) => dataset.laterality === article.dataset.laterality);
  const next = same[(same.indexOf(article) + by + same.length) % same.length];
  if (next === article) return;
  const focused = viewerOf(article).contains(document.activeElement) ? document.activeElement : null;
  viewers.get(next).settings = viewers.get(article).settings;
  const pane = focused?.closest("[data-pane]")?.dataset.pane;
  const anchor = (one) => viewerOf(one).querySelector(pane ? `[data-pane="${pane}"] .stage` : "[data-flips]") ?? viewerOf(one);
  window.scrollBy({ top: anchor(next).getBoundingClientRect().top - anchor(article).getBoundingClientRect().top, behavior: "instant" });
  const heir = pane ? anchor(next) : viewerOf(next).querySelector(`[data-flip="${by}"]`);
  heir?.focus({ preventScroll: true });
}

function enliven() {
  for (const article of root.querySelectorAll("[data-photograph]")) {
    if (viewerOf(article) && !viewers.has(article)) viewers.set(article, new Viewer(viewerOf(article)));
  }
}

async function keepUp() {
  let last = "";
  let refreshing = Promise.resolve();
  try {
    await follow(root.dataset.screening, ({ state, progress }) => {
      const now = `${state} ${progress?.graded} ${progress?.explained}`;
      // One that failed is made good by the next, or by the last below.
      if (now !== last) refreshing = refreshing.then(refresh).catch(() => {});
      last = now;
    });
    await refreshing;
    await refresh();
  } catch {
    const work = root.querySelector("[data-work]");
    work.textContent = root.dataset.silent;
  }
}

// The server draws every state of the page, so what is new is taken over from a fresh copy of it.
async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (answer.redirected) return location.reload(); // to log in again
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-screening]");
  if (!fresh) throw new Error("the page has no result");
  root.dataset.state = fresh.dataset.state;
  replace(root, fresh, "[data-work]");
  replace(root, fresh, "[data-report]");
  replace(root, fresh, ".overview");
  refreshEyes(fresh);
  for (const article of root.querySelectorAll("[data-photograph]")) takeOver(article, fresh.querySelector(`#${article.id}`));
  localizeTimes(root);
  enliven();
}

// An eye without a form is still to be graded; one with a form changes by a review alone, which loads the page.
function refreshEyes(fresh) {
  replace(root, fresh, "[data-patient-outcome]");
  for (const eye of root.querySelectorAll("[data-eye]")) {
    const now = fresh.querySelector(`[data-eye="${eye.dataset.eye}"]`);
    if (now && !eye.querySelector("form")) eye.replaceChildren(...now.childNodes);
  }
  enlivenReviews(root);
}

function takeOver(article, fresh) {
  const viewer = viewers.get(article);
  if (!viewer) {
    if (!fresh.isEqualNode(article)) article.replaceChildren(...fresh.childNodes);
    return;
  }
  for (const pane of article.querySelectorAll("[data-pane]")) {
    const ready = fresh.querySelector(`[data-pane="${pane.dataset.pane}"]`);
    if (!ready) {
      pane.remove(); // nothing will come in its place
      continue;
    }
    if (!pane.querySelector("[data-pending]") || ready.querySelector("[data-pending]")) continue;
    pane.querySelector(".layer").replaceChildren(...ready.querySelector(".layer").childNodes);
    pane.querySelector(".pane-note").textContent = ready.querySelector(".pane-note").textContent;
    pane.querySelector(".stage").setAttribute("aria-label", ready.querySelector(".stage").getAttribute("aria-label"));
  }
  rescale(article, fresh);
  const disc = viewerOf(fresh)?.dataset.disc;
  if (disc) viewerOf(article).dataset.disc = disc;
  replace(article, fresh, "[data-flips]");
  for (const name of ["original", "cropped"]) replace(article, fresh, `[data-pane="${name}"] [data-outlined]`);
  replace(article, fresh, '[data-update="places"]');
  replace(article, fresh, ".methods");
  viewer.draw();
}

// The maps of a screening share a scale, which grows while more of them become ready.
function rescale(article, fresh) {
  for (const pane of article.querySelectorAll("[data-pane]")) {
    const now = fresh.querySelector(`[data-pane="${pane.dataset.pane}"]`);
    const [map, scaled] = [pane, now].map((element) => element?.querySelector(".map[src]:not(.over)"));
    if (!map || !scaled) continue;
    map.setAttribute("src", scaled.getAttribute("src"));
    pane.querySelector(".pane-note").textContent = now.querySelector(".pane-note").textContent;
  }
  for (const option of article.querySelectorAll("[data-over] option[data-map]")) {
    option.dataset.map = fresh.querySelector(`[data-over] option[value="${option.value}"]`).dataset.map;
  }
}

function replace(old, fresh, selector) {
  const [before, after] = [old.querySelector(selector), fresh.querySelector(selector)];
  if (before && after && !before.isEqualNode(after)) before.replaceChildren(...after.childNodes);
}
