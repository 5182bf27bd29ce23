// Event: one alert or one change as the stream sends it, taken apart strictly.
// What flows in: the text of an event. What flows out: its fields, or nothing when it is not what it should be.
// What it must never see: the page.

export interface AlertEvent {
  readonly hit: string;
  readonly operator: string;
  readonly list: string;
  readonly listName: string;
  readonly category: string;
  readonly priority: string;
  readonly reader: string;
  readonly capturedAt: string;
  readonly kind: string;
  readonly regionAgrees: boolean | null;
  readonly plate: string;
  readonly listed: string;
  readonly region: string | null;
  readonly listedRegion: string | null;
  readonly hasPicture: boolean;
}

export interface StateEvent {
  readonly hit: string;
  readonly state: string;
}

const HIT = /^h[0-9a-f]{20}$/;

/** The alert that an event's text says, or null. */
export function readAlert(text: string): AlertEvent | null {
  const told = object(text);
  const hit = word(told, "hit_id");
  if (!told || !HIT.test(hit)) return null;
  const agrees = told["region_agrees"];
  return {
    hit,
    operator: word(told, "operator"),
    list: word(told, "list_id"),
    listName: word(told, "list_name"),
    category: word(told, "category"),
    priority: word(told, "priority"),
    reader: word(told, "reader"),
    capturedAt: word(told, "captured_at"),
    kind: word(told, "kind"),
    regionAgrees: typeof agrees === "boolean" ? agrees : null,
    plate: word(told, "plate_text"),
    listed: word(told, "listed_text"),
    region: word(told, "region") || null,
    listedRegion: word(told, "listed_region") || null,
    hasPicture: told["has_picture"] === true,
  };
}

/** The change that an event's text says, or null. */
export function readState(text: string): StateEvent | null {
  const told = object(text);
  const hit = word(told, "hit_id");
  return told && HIT.test(hit) ? { hit, state: word(told, "state") } : null;
}

function object(text: string): Record<string, unknown> | null {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === "object" && told !== null ? (told as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function word(told: Record<string, unknown> | null, name: string): string {
  const value = told?.[name];
  return typeof value === "string" ? value : "";
}
