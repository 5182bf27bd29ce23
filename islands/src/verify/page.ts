// Page: the check of one operator's log, as its section of the public page shows it.
// What flows in: a section that the server wrote, what a visitor pastes. What flows out: findings in that section.
// What it must never see: anything sent anywhere. It only gets what is public; what is pasted stays in this tab.

import { forget, recall, remember, type Remembered } from "./memory";
import { readKey, toBase64, type Bytes } from "./note";
import { Unreachable, judgeReceipt, visit, type Contradiction, type ShownLog, type Visit } from "./visit";
import { FORK_ADVICE, SHRUNK_ADVICE, evidence, line, moment, plain, records, visible, type Line, type Tone } from "./words";

const PATIENCE_MS = 20_000;
const UNLISTED = new Set(["version"]);
const LISTED_WORDS = new Set(["action", "purpose", "offense", "basis", "verdict"]);
const UNSUPPORTED = "This browser cannot check Ed25519 signatures. Chrome and Edge can from version 137, Firefox from 129, Safari from 17.";

export class LogCheck {
  readonly #section: HTMLElement;
  readonly #operator: string;
  readonly #log: ShownLog;
  #shown: Visit | null = null;
  #isKept = true;
  #contradiction: Contradiction | null = null;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#operator = section.dataset["operator"] ?? "";
    const fetch = (path: string): Promise<Bytes> => getPublic(`/log/${encodeURIComponent(this.#operator)}/${path}`);
    const text = async (path: string): Promise<string> => new TextDecoder("utf-8", { ignoreBOM: true }).decode(await fetch(path));
    this.#log = { key: async () => (await text("vkey")).trimEnd(), checkpoint: () => text("checkpoint"), fetch };
  }

  /** Shows the controls and looks at the log for the first time on this page. */
  start(): void {
    for (const [part, act] of Object.entries(this.#acts())) this.#part(part).addEventListener(act.on, () => void act.does());
    for (const tool of this.#section.querySelectorAll<HTMLElement>("[data-check-tool]")) tool.hidden = false;
    void this.#look();
  }

  #acts(): Record<string, { on: string; does: () => Promise<void> | void }> {
    return {
      again: { on: "click", does: () => this.#look() },
      save: { on: "click", does: () => this.#save() },
      prove: { on: "click", does: () => this.#judge() },
      file: { on: "change", does: () => this.#open() },
      trust: { on: "click", does: () => this.#trust() },
      forget: { on: "click", does: () => this.#forget() },
    };
  }

  /** Looks at the log as it is now. One tab at a time, so that no tab remembers an older checkpoint over a newer one. */
  async #look(): Promise<void> {
    this.#say("says", "note", "Checking…");
    await navigator.locks.request(`lockplate:log:${this.#operator}`, async () => {
      try {
        this.#shown = await visit(this.#log, recall(this.#operator), new Date().toISOString());
        this.#isKept = this.#shown.keep === null || remember(this.#operator, this.#shown.keep);
        this.#tell(this.#shown);
      } catch (error) {
        this.#shown = null;
        this.#list("lines", []);
        this.#say("says", "open", faultOf(error));
      }
      this.#showMemory();
    });
  }

  #tell(shown: Visit): void {
    const keeps: Line[] = this.#isKept ? [] : [line("open", "Memory", "This browser keeps nothing for this page, so each visit is a first one.")];
    const lines = [...shown.lines, ...keeps];
    this.#list("lines", lines);
    const wrong = lines.find((one) => one.tone === "bad");
    if (wrong) {
      this.#say("says", "bad", `Something is wrong with this log. ${wrong.says}`);
    } else if (lines.some((one) => one.tone === "open")) {
      this.#say("says", "open", "Not everything could be checked.");
    } else {
      const isFirst = lines.some((one) => one.tone === "note");
      const holds = `it is signed, and holds ${records(shown.head?.size ?? 0)}`;
      this.#say("says", "good", isFirst ? `A first visit: ${holds}.` : `Nothing speaks against this log: ${holds}, with all that you saw before.`);
    }
    if (shown.head) this.#part("head").textContent = `Checked: ${records(shown.head.size)}, root ${toBase64(shown.head.root)}`;
    this.#part("head").hidden = shown.head === null;
    this.#offer(shown.contradiction);
  }

  /** Judges what is in the receipt's field; a receipt newer than what was looked at makes this look again. */
  async #judge(): Promise<void> {
    const field = this.#part("receipt") as HTMLTextAreaElement;
    const text = `${field.value.trim()}\n`;
    this.#part("record").replaceChildren();
    this.#list("receipt-lines", []);
    if (text === "\n") return this.#say("receipt-says", "open", "There is no receipt here yet. Paste one, or open its file.");
    this.#say("receipt-says", "note", "Checking…");
    await this.#look();
    const shown = this.#shown;
    if (shown === null) return this.#say("receipt-says", "open", "This receipt could not be checked: see above.");
    const judged = await judgeReceipt(text, shown, this.#log.fetch);
    this.#list("receipt-lines", judged.lines);
    const wrong = judged.lines.find((one) => one.tone === "bad");
    if (judged.proven === null && !wrong) this.#say("receipt-says", "open", "This receipt could not be checked: see above.");
    else if (judged.proven === null) this.#say("receipt-says", "bad", `Do not rely on this receipt. ${wrong?.says ?? ""}`);
    else if (wrong) this.#say("receipt-says", "bad", `The receipt is good; the log is not. ${wrong.says}`);
    else if (judged.lines.some((one) => one.tone === "open")) this.#say("receipt-says", "open", "The receipt is good. The log as it is now could not be looked at.");
    else this.#say("receipt-says", "good", `This receipt is good: its record is in the log, at place ${judged.proven.index.toLocaleString("en-US")}, counted from 0.`);
    if (judged.proven) this.#part("record").replaceChildren(...recordParts(judged.proven.record));
    if (judged.contradiction) this.#offer(judged.contradiction);
  }

  async #open(): Promise<void> {
    const [file] = (this.#part("file") as HTMLInputElement).files ?? [];
    if (!file) return;
    (this.#part("receipt") as HTMLTextAreaElement).value = file.size > 300_000 ? "" : await file.text();
    await this.#judge();
  }

  /** Judges the log by a key that the visitor has from elsewhere, from now on. */
  async #trust(): Promise<void> {
    const field = this.#part("key") as HTMLInputElement;
    const key = field.value.trim();
    try {
      await readKey(key);
    } catch {
      field.setAttribute("aria-invalid", "true");
      return this.#say("key-says", "bad", "This is no log's key. Copy all of it: name, plus sign, eight digits, plus sign, letters.");
    }
    field.removeAttribute("aria-invalid");
    const before = recall(this.#operator);
    const isKept = remember(this.#operator, { note: null, seen: null, ...before, key, isGiven: true, since: new Date().toISOString() });
    if (!isKept) return this.#say("key-says", "open", "This browser keeps nothing for this page, not even a key. Use the command below with yours.");
    this.#say("key-says", "note", "Checking…");
    await this.#look();
    const shown = this.#shown?.shownKey ?? null;
    if (shown === null) this.#say("key-says", "open", "The log is judged by this key once the server shows it.");
    else if (shown === key) this.#say("key-says", "good", "It is the key that the server shows.");
    else this.#say("key-says", "bad", "It is another key than the server shows.");
  }

  async #forget(): Promise<void> {
    forget(this.#operator);
    this.#say("key-says", "note", "Forgotten. What follows is a first visit.");
    await this.#look();
  }

  #showMemory(): void {
    const kept: Remembered | null = recall(this.#operator);
    const seen = kept?.note ? `, and the signed checkpoint it saw on ${moment(kept.seen ?? "")}` : "";
    this.#part("memory").textContent = kept ? `Of this log, your browser remembers this key${seen}:` : "Of this log, your browser remembers nothing.";
    this.#part("kept-key").textContent = visible(kept?.key ?? "");
  }

  #offer(contradiction: Contradiction | null): void {
    this.#contradiction = contradiction;
    this.#part("advice").textContent = contradiction?.fork ? FORK_ADVICE : SHRUNK_ADVICE;
    for (const part of ["save", "advice"]) this.#part(part).hidden = contradiction === null;
  }

  /** Saves the two checkpoints, and what makes them a proof, as a file to show to others. */
  #save(): void {
    const shown = this.#contradiction;
    if (shown === null) return;
    const fork = shown.fork && { root: toBase64(shown.fork.root), path: shown.fork.path.map(toBase64) };
    const text = evidence(this.#shown?.trustedKey ?? "", shown.before, shown.now, fork);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = `${this.#operator}-two-checkpoints.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), PATIENCE_MS);
  }

  #say(part: string, tone: Tone, says: string): void {
    const place = this.#part(part);
    place.className = `check-says check-${tone}`;
    place.setAttribute("role", tone === "bad" ? "alert" : "status");
    place.textContent = says;
  }

  #list(part: string, lines: readonly Line[]): void {
    this.#part(part).replaceChildren(
      ...lines.map((one) => {
        const item = document.createElement("li");
        item.className = `check-${one.tone}`;
        item.append(withText("strong", `${one.about}: `), `${one.says} ${one.more}`);
        return item;
      }),
    );
  }

  #part(name: string): HTMLElement {
    const part = this.#section.querySelector<HTMLElement>(`[data-check="${name}"]`);
    if (!part) throw new Error(`the page has no part ${name}`);
    return part;
  }
}

/** What a proven record says, field by field, and whole. */
function recordParts(record: Bytes): HTMLElement[] {
  const text = new TextDecoder().decode(record);
  const whole = document.createElement("details");
  whole.append(withText("summary", "The whole record, as it stands in the log"), withText("pre", visible(text)));
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return [whole];
  }
  if (typeof fields !== "object" || fields === null) return [whole];
  const list = document.createElement("dl");
  list.className = "facts card";
  for (const [name, value] of Object.entries(fields)) {
    if (UNLISTED.has(name)) continue;
    const pair = document.createElement("div");
    const isSealed = name === "commitments";
    const told = isSealed ? `${Object.keys(Object(value)).map(plain).join(", ")} (not in the receipt)` : asText(value);
    pair.append(withText("dt", isSealed ? "sealed beside the log" : plain(name)), withText("dd", visible(LISTED_WORDS.has(name) ? plain(told) : told)));
    list.append(pair);
  }
  return [list, whole];
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(asText).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).map(([name, part]) => `${plain(name)}: ${asText(part)}`).join(", ");
}

function withText(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** The bytes at an address of this server, fresh, without saying who asks; Unreachable when there are none. */
async function getPublic(path: string): Promise<Bytes> {
  try {
    const how: RequestInit = { cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) };
    const answer = await fetch(path, how);
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch {
    // no answer, or half of one
  }
  throw new Unreachable();
}

function faultOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "NotSupportedError") return UNSUPPORTED;
  return "The check itself failed. This says nothing about the log. Use the command below.";
}
