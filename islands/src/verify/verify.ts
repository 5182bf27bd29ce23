// Verify: the script of the public page that checks logs; what it is made of can be used from elsewhere too.
// What flows in: the page. What flows out: one check for each operator's section.
// What it must never see: a page it was not made for; it then does nothing.

import { LogCheck } from "./page";

export { Doubt } from "./doubt";
export { fromBase64, openCheckpoint, readKey, toBase64 } from "./note";
export { openReceipt } from "./receipt";
export { Tiles, tilePath, verifyHistory } from "./tiles";
export { leafHash, nodeHash, rootOver, verifyConsistency, verifyInclusion } from "./tree";
export { moment, records, visible } from "./words";

const INSECURE = "Your browser gives its cryptography only to pages that came over HTTPS, or from this machine. Open this page that way, or use the command below.";

for (const section of document.querySelectorAll<HTMLElement>("[data-check-log]")) {
  if (window.isSecureContext) {
    new LogCheck(section).start();
  } else {
    const says = section.querySelector('[data-check="says"]');
    if (says) says.textContent = INSECURE;
  }
}
