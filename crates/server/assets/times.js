// Puts the moments of the page, written in universal time, into the reader's own time and language.

// The reader's own way of writing times where it is in the language of the page.
function locale() {
  const { lang } = document.documentElement;
  return navigator.languages.find((language) => language.split("-")[0] === lang) ?? lang;
}

export function localizeTimes(root) {
  const format = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" });
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (!Number.isNaN(moment.getTime())) element.textContent = format.format(moment);
  }
}
