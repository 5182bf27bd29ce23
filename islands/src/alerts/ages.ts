// Ages: texts such as `3 min ago` that go on while the page stays open.
// What flows in: elements that carry an instant. What flows out: their text, some times a minute.
// What it must never see: a plate; anything but the instant.

import { ago } from "./words";

const EVERY_MS = 10_000;

/** Keeps every age on the page true, also those of lines that come later. */
export function tickAges(page: Document): void {
  setInterval(() => showAges(page), EVERY_MS);
}

/** Writes each age anew. */
export function showAges(page: ParentNode): void {
  const now = Date.now();
  for (const place of page.querySelectorAll<HTMLElement>("[data-age]")) {
    const text = ago(place.dataset["age"] ?? "", now);
    if (text && place.textContent !== text) place.textContent = text;
  }
}
