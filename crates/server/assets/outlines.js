// Outlines of places stay as thin and their numbers as large as they are, whatever the magnification.

const NUMBER_SIZE = 14; // pixels of the screen
const LINE_WIDTH = 1.75; // the same

/// Draws those inside an element whose pictures are moved by `stages`; `chosen` is the number of one, or undefined.
export function drawOutlines(element, stages, chosen) {
  for (const outlines of element.querySelectorAll("[data-outlined]")) {
    const { scale, size } = stages.geometry(outlines.closest("[data-pane]"));
    const { width, height } = outlines.viewBox.baseVal;
    const unit = (size / Math.max(width, height)) * scale; // pixels of the screen
    if (unit === 0) continue; // nothing is seen of it
    outlines.setAttribute("stroke-width", String(LINE_WIDTH / unit));
    for (const edge of outlines.querySelectorAll(".edge")) edge.setAttribute("stroke-width", String((2 * LINE_WIDTH) / unit));
    for (const text of outlines.querySelectorAll("text")) text.setAttribute("font-size", String(NUMBER_SIZE / unit));
    for (const outline of outlines.querySelectorAll("[data-outline]")) outline.classList.toggle("chosen", outline.dataset.outline === chosen);
  }
}
