// Words: how long ago, how many, and listed values as the server's own pages say them.
// What flows in: times, counts, values of an event. What flows out: English.
// What it must never see: the network, the page.

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** `12 s ago`, `3 min ago`, `2 d ago`; empty for a time that is none. */
export function ago(at: string, now: number): string {
  const then = Date.parse(at);
  if (Number.isNaN(then)) return "";
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** `1 new alert`, never with a plate in it: it may be read out aloud in a car with others in it. */
export function waiting(count: number): string {
  return count === 1 ? "1 new alert" : `${count} new alerts`;
}

const SPECIAL: Record<string, string> = { amber: "AMBER alert" };

/** A listed value as words: `stolen_vehicle` is `Stolen vehicle`. */
export function worded(value: string): string {
  const plain = SPECIAL[value] ?? value.replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

const MATCHED: Record<string, string> = {
  exact_text: "Same text",
  exact_key: "Same only if look-alikes are taken for one another",
  candidate: "Another reading by the reader is listed",
  weak_character: "Listed but for one character that the reader doubted",
};

/** How it matched, in the words of the server's own list. */
export function matched(kind: string): string {
  return MATCHED[kind] ?? worded(kind);
}

/** How the regions stand to each other. */
export function regions(agrees: boolean | null, read: string | null, listed: string | null): string {
  if (agrees === false) return "region differs";
  if (listed === null) return "no region listed";
  if (read === null) return "region not read";
  return listed.startsWith(`${read}-`) ? "only the country was read" : "region agrees";
}

/** `24 Nov 2026, 08:15:02 PST`, whatever the machine's own language and zone; empty for a time that is none. */
export function moment(at: string, zone: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return "";
  const date = time.toLocaleDateString("en-GB", { timeZone: zone, day: "numeric", month: "short", year: "numeric" });
  const clock = time.toLocaleTimeString("en-GB", { timeZone: zone, hourCycle: "h23" });
  const named = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" }).formatToParts(time);
  return `${date.replace("Sept", "Sep")}, ${clock} ${named.find((part) => part.type === "timeZoneName")?.value ?? zone}`;
}

/** A text in which nothing is invisible and nothing turns the direction of reading. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
