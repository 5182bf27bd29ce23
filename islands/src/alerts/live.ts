// Live: new alerts as they come, put on top of the list that the server wrote.
// What flows in: the server's stream of events. What flows out: lines from the page's own template, a word on whether it is live.
// What it must never see: HTML made of text; a plate in what is read out. The server puts each showing on record itself.

import { showAges } from "./ages";
import { readAlert, readState, type AlertEvent } from "./event";
import { Sound } from "./sound";
import { matched, moment, regions, visible, waiting, worded } from "./words";

const MOST_LINES = 200;
const SAY_EVERY_MS = 8_000;
const RECONNECTING = "The connection was lost and is tried again. Reload the page if this stays.";
const ENDED = "Reload the page to see new alerts.";

export class LiveList {
  readonly #page: Document;
  readonly #place: HTMLElement;
  readonly #sound: Sound | null;
  #unsaid = 0;
  #timer: number | null = null;

  constructor(page: Document, place: HTMLElement) {
    this.#page = page;
    this.#place = place;
    const button = place.querySelector<HTMLButtonElement>('[data-alerts="sound"]');
    this.#sound = button && new Sound(button);
  }

  /** Opens the stream; what becomes of it is said on the page. */
  start(): void {
    const stream = new EventSource(this.#place.dataset["stream"] ?? "");
    stream.addEventListener("open", () => this.#say("Live", "New alerts come up here by themselves."));
    stream.addEventListener("error", () => {
      this.#say("Not live", stream.readyState === EventSource.CLOSED ? ENDED : RECONNECTING);
    });
    stream.addEventListener("alert", (event) => this.#add(readAlert(event.data)));
    stream.addEventListener("state", (event) => this.#change(event.data));
    addEventListener("pagehide", () => stream.close());
  }

  #add(alert: AlertEvent | null): void {
    if (!alert || !this.#fits(alert) || this.#line(alert.hit)) return;
    const lines = this.#part("lines");
    const template = this.#part("row") as HTMLTemplateElement;
    const line = (template.content.cloneNode(true) as DocumentFragment).querySelector("li");
    if (!line) return;
    const reader = this.#page.querySelector(`[data-reader="${CSS.escape(alert.reader)}"]`)?.textContent ?? alert.reader;
    fill(line, alert, reader, this.#place.dataset["zone"] ?? "UTC");
    lines.prepend(line);
    lines.children[MOST_LINES]?.remove();
    showAges(line);
    this.#page.querySelector('[data-alerts="empty"]')?.remove();
    this.#announce();
    this.#sound?.play();
  }

  /** Whether the page's own filters would show it. */
  #fits(alert: AlertEvent): boolean {
    const { operator, state, list, priority } = this.#place.dataset;
    const wanted = state === "unconfirmed" || state === "all";
    return wanted && alert.operator === operator && (!list || list === alert.list) && (!priority || priority === alert.priority);
  }

  /** Says at a line that somebody has decided it; it stays, so that nothing moves under a finger. */
  #change(text: string): void {
    const told = readState(text);
    const line = told && this.#line(told.hit);
    const link = line?.querySelector<HTMLAnchorElement>(".end a");
    if (!told || !link || told.state === "unconfirmed") return;
    link.textContent = "Show";
    link.classList.add("second");
    const says = line?.querySelector(".alert-what p");
    const mark = this.#page.createElement("span");
    mark.className = "state";
    mark.textContent = worded(told.state);
    if (!says?.querySelector("[data-decided]")) {
      mark.dataset["decided"] = "";
      says?.append(" ", mark);
    }
  }

  #line(hit: string): HTMLElement | null {
    return this.#page.querySelector<HTMLElement>(`[data-hit="${hit}"]`);
  }

  /** Reads out how many came, not oftener than every few seconds, however many they are. */
  #announce(): void {
    this.#unsaid += 1;
    if (this.#timer !== null) return;
    this.#timer = window.setTimeout(() => {
      this.#part("said").textContent = waiting(this.#unsaid);
      this.#unsaid = 0;
      this.#timer = null;
    }, this.#unsaid === 1 && !this.#part("said").textContent ? 0 : SAY_EVERY_MS);
  }

  #say(word: string, more: string): void {
    this.#part("word").textContent = word;
    this.#part("more").textContent = more;
  }

  #part(name: string): HTMLElement {
    const part = this.#page.querySelector<HTMLElement>(`[data-alerts="${name}"]`);
    if (!part) throw new Error(`the page has no part ${name}`);
    return part;
  }
}

function fill(line: HTMLElement, alert: AlertEvent, reader: string, zone: string): void {
  const put = (slot: string, text: string): void => {
    const place = line.querySelector<HTMLElement>(`[data-slot="${slot}"]`);
    if (!place) return;
    place.textContent = visible(text);
    place.hidden = text === "";
  };
  line.dataset["hit"] = alert.hit;
  put("plate", alert.plate);
  put("listed", alert.listed);
  const listedLine = line.querySelector<HTMLElement>('[data-slot="listed-line"]');
  if (listedLine) listedLine.hidden = bare(alert.plate) === bare(alert.listed);
  put("category", worded(alert.category));
  put("priority", alert.priority === "normal" ? "" : `${worded(alert.priority)} priority`);
  const region = regions(alert.regionAgrees, alert.region, alert.listedRegion);
  const differs = alert.regionAgrees === false;
  put("matched", differs ? `${matched(alert.kind)}; ` : `${matched(alert.kind)}; ${region}`);
  put("differs", differs ? region : "");
  put("picture", alert.hasPicture ? "" : "; no picture");
  put("list", alert.listName);
  put("reader", reader);
  put("time", moment(alert.capturedAt, zone));
  const age = line.querySelector<HTMLElement>('[data-slot="age"]');
  if (age) age.dataset["age"] = alert.capturedAt;
  const link = line.querySelector<HTMLAnchorElement>('[data-slot="link"]');
  if (!link) return;
  link.href = `/app/alerts/${alert.hit}`;
  link.setAttribute("aria-label", `Compare the ${worded(alert.category).toLowerCase()} hit`);
}

/** Letters and digits in upper case. */
function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "").toUpperCase();
}
