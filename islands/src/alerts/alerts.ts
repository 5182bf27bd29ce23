// Alerts: the script of the alerts' pages: what comes in live, keys, ages that go on. Every page works without it.
// What flows in: the page. What flows out: a live list, or an alert that the keyboard alone can decide.
// What it must never see: a page it was not made for; a decision that is not a press of one of the page's own buttons.

import { LiveList } from "./live";
import { listenForKeys, offerKeys } from "./keys";
import { tickAges } from "./ages";

export { readAlert, readState } from "./event";
export { ago, matched, moment, regions, visible, waiting, worded } from "./words";

tickAges(document);
offerKeys(document);
listenForKeys(document);
const live = document.querySelector<HTMLElement>('[data-alerts="live"]');
if (live) new LiveList(document, live).start();
