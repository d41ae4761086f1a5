// The first page: takes photographs that are dropped or chosen, uploads them and shows how far the work is.

import { follow } from "./progress.js";
import { localizeTimes } from "./times.js";

document.documentElement.classList.add("scripted");
localizeTimes(document);

const form = document.querySelector("#submission");
const chooser = form.querySelector("input[type=file]");
const zone = form.querySelector("[data-drop]");
const problem = form.querySelector("[data-problem]");
const card = document.querySelector("[data-progress]");
const previews = card.querySelector("[data-previews]");
const texts = JSON.parse(card.dataset.texts);
const announcement = card.querySelector("[data-announce]");
const cancel = card.querySelector("[data-cancel]");
let upload = null; // the request on its way
let announced = ""; // the stage that was read out last

chooser.addEventListener("change", () => submit([...chooser.files]));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit([...chooser.files]);
});
cancel.addEventListener("click", () => {
  upload?.abort();
  showForm();
  chooser.focus();
});

// The whole window takes the drop, so that a photograph that misses the zone does not replace the page.
let depth = 0;
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
window.addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  depth += 1;
  zone.classList.add("over");
});
window.addEventListener("dragleave", (event) => {
  if (!carriesFiles(event)) return;
  depth -= 1;
  if (depth <= 0) zone.classList.remove("over");
});
window.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});
window.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  zone.classList.remove("over");
  if (!upload) submit([...event.dataTransfer.files]);
});

function submit(files) {
  if (files.length === 0) return;
  const body = new FormData();
  body.append("patient", form.elements.patient.value.trim());
  body.append("laterality", form.elements.laterality.value);
  for (const name of ["year_of_birth", "examined", "device", "operator"]) body.append(name, form.elements[name].value.trim());
  for (const file of files) body.append("image", file, file.name);
  showProgress(files);
  send(body);
}

function send(body) {
  const request = new XMLHttpRequest();
  upload = request;
  request.open("POST", `/api/v1/screenings?language=${document.documentElement.lang}`);
  request.setRequestHeader("Prefer", "respond-async");
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) step("upload", event.loaded / event.total, `${Math.floor((100 * event.loaded) / event.total)} %`);
  });
  request.upload.addEventListener("load", () => {
    step("upload", 1, texts.received);
    step("grading", 0, texts.reading);
  });
  request.addEventListener("load", () => {
    upload = null;
    const answer = parse(request.responseText);
    if (request.status === 201 || request.status === 202) return watch(answer?.id);
    if (request.status === 401) return location.assign("/log-in?next=/");
    showForm();
    showProblem(answer, request.status);
  });
  request.addEventListener("error", () => {
    upload = null;
    showForm();
    showProblem({ detail: texts.unreachable });
  });
  request.send(body);
}

async function watch(id) {
  cancel.hidden = true; // what has been received is graded in any case
  const page = `/screenings/${encodeURIComponent(id)}`;
  try {
    await follow(id, ({ state, progress }) => {
      if (state === "queued") step("grading", 0, texts.waiting);
      if (state === "grading" && progress) step("grading", progress.graded / progress.photographs, texts.of.replace("##", progress.graded).replace("#", progress.photographs));
      const graded = state !== "queued" && state !== "grading";
      if (graded) step("explaining", 0, texts.opens);
      return !graded;
    });
  } catch {
    // The page itself says what it knows.
  }
  location.assign(page);
}

function step(name, share, note) {
  const items = [...card.querySelectorAll("[data-step]")];
  const current = items.findIndex((item) => item.dataset.step === name);
  items.forEach((item, index) => {
    item.classList.toggle("finished", index < current || (index === current && share >= 1));
    item.classList.toggle("active", index === current);
    const bar = item.querySelector("progress");
    bar.value = index < current ? 1 : index === current ? share : 0;
    if (index === current) item.querySelector("[data-note]").textContent = note;
  });
  const title = items[current].querySelector(".step-name").textContent;
  // Only whole stages are read out, not each percent.
  if (announced !== name) announcement.textContent = `${title}: ${note}`;
  announced = name;
}

function showProgress(files) {
  problem.hidden = true;
  form.hidden = true;
  card.hidden = false;
  cancel.hidden = false;
  previews.replaceChildren(...files.map(preview));
  step("upload", 0, "0 %");
  card.querySelector("h2").textContent = files.length === 1 ? texts.one : texts.many.replace("#", files.length);
  card.querySelector("h2").focus();
}

function showForm() {
  for (const picture of previews.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  previews.replaceChildren();
  card.hidden = true;
  form.hidden = false;
  chooser.value = "";
}

function preview(file) {
  const item = document.createElement("li");
  const frame = document.createElement("span");
  frame.className = "preview";
  const picture = document.createElement("img");
  picture.alt = "";
  picture.addEventListener("error", () => {
    URL.revokeObjectURL(picture.src);
    frame.textContent = texts.noPreview;
  });
  picture.src = URL.createObjectURL(file);
  frame.append(picture);
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = file.name;
  name.title = file.name;
  item.append(frame, name);
  return item;
}

function showProblem(answer, status) {
  const word = document.createElement("p");
  word.className = "banner-word";
  word.textContent = texts.nothing;
  const sentences = answer?.errors?.length > 0 ? answer.errors.map(({ file, error }) => (error.includes(file) ? error : `${file}: ${error}`)) : [answer?.detail ?? texts.silent.replace("#", status)];
  const lines = sentences.map((sentence) => {
    const line = document.createElement("p");
    line.textContent = asSentence(sentence);
    return line;
  });
  const text = document.createElement("div");
  text.append(word, ...lines);
  problem.replaceChildren(text);
  problem.hidden = false;
}

const asSentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
