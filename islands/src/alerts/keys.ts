// Keys: the page's buttons and answers by one key each, and from line to line in the list.
// What flows in: key presses. What flows out: presses of the page's own buttons, choices of its own answers, focus.
// What it must never see: a key that was meant for a field, or for the browser; a key pressed while keys are off.

const KEPT_AS = "lockplate:alerts:keys";
/** Keys rest so long when a page has come: a key pressed twice for one alert must not decide the next one unseen. */
const REST_MS = 1_000;
const ANSWERS: Record<string, string> = { l: "still_listed", n: "not_listed", r: "not_reached", u: "not_checked" };

/** Shows what needs script: the keys beside buttons, the help, the switch. */
export function offerKeys(page: Document): void {
  for (const hidden of page.querySelectorAll<HTMLElement>('[data-alerts="key"], [data-alerts="help"]')) hidden.hidden = false;
  const toggle = page.querySelector<HTMLButtonElement>('[data-alerts="keys"]');
  toggle?.addEventListener("click", () => {
    keep(!areOn());
    show(toggle);
  });
  if (toggle) show(toggle);
}

/** Answers keys until the page goes. */
export function listenForKeys(page: Document): void {
  const form = page.querySelector<HTMLFormElement>('[data-alerts="form"]');
  form?.addEventListener("submit", () => delete form.dataset["keys"]);
  // Enter on an answer would send the form
  form?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
  });
  page.addEventListener("keydown", (event) => {
    if (isOurs(event) && areOn() && press(page, event.key)) event.preventDefault();
  });
  if (form) setTimeout(() => (form.dataset["keys"] = "ready"), REST_MS);
}

function press(page: Document, key: string): boolean {
  if (key === "?") return toggleHelp(page);
  if (key === "j" || key === "k") return move(page, key === "j" ? 1 : -1);
  const form = page.querySelector<HTMLFormElement>('[data-alerts="form"]');
  if (form?.dataset["keys"] !== "ready") return false;
  const answer = ANSWERS[key];
  if (answer) return choose(form, answer);
  const buttons = form.querySelectorAll<HTMLButtonElement>('button[name="found"]:not([value=""])');
  const button = /^[1-9]$/.test(key) ? buttons[Number(key) - 1] : undefined;
  button?.focus();
  button?.click();
  return button !== undefined;
}

function choose(form: HTMLFormElement, answer: string): boolean {
  const radio = form.querySelector<HTMLInputElement>(`input[name="source"][value="${answer}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.focus();
  return true;
}

function move(page: Document, by: 1 | -1): boolean {
  const links = [...page.querySelectorAll<HTMLAnchorElement>('[data-alerts="lines"] .end a')];
  if (links.length === 0) return false;
  const here = links.findIndex((link) => link === page.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, here + by));
  links[next]?.focus();
  return true;
}

function toggleHelp(page: Document): boolean {
  const help = page.querySelector<HTMLDetailsElement>('[data-alerts="help"]');
  if (!help) return false;
  help.open = !help.open;
  if (help.open) help.querySelector("summary")?.focus();
  return true;
}

/** Whether a key is for this page: not held with another, not repeated by holding it down, not typed into a field. */
function isOurs(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return false;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return true;
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement || target.isContentEditable) return false;
  return !(target instanceof HTMLInputElement) || target.type === "radio" || target.type === "checkbox";
}

function show(toggle: HTMLButtonElement): void {
  toggle.setAttribute("aria-pressed", String(areOn()));
  toggle.textContent = areOn() ? "Keys are on" : "Keys are off";
}

function areOn(): boolean {
  try {
    return localStorage.getItem(KEPT_AS) !== "off";
  } catch {
    return true;
  }
}

function keep(on: boolean): void {
  try {
    localStorage.setItem(KEPT_AS, on ? "on" : "off");
  } catch {
    // a browser that keeps nothing asks again on the next page
  }
}
