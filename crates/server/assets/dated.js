// Pages that need nothing but their times in the reader's own.

import { localizeTimes } from "./times.js";

document.documentElement.classList.add("scripted");
localizeTimes(document);
