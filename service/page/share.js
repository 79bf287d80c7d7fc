// How others get this page on their phones: its addresses, as QR codes.

import { share } from "./api.js";
import { byId, h } from "./dom.js";
import { key } from "./keys.js";
import { latest } from "./task.js";

const dialog = byId("share", HTMLDialogElement);

const open = latest(async (signal) => {
  const { addresses, note } = await share(location.origin, signal);
  if (signal.aborted) return;
  const [first, ...others] = addresses;
  dialog.replaceChildren(
    h("h2", { id: "share-title" }, "On your phone"),
    ...(first
      ? [
          h("img", { class: "qr", src: first.qr, width: 320, height: 320, alt: `QR code of ${first.url}` }),
          h("p", { class: "address" }, h("a", { href: first.url }, first.url)),
          ...(others.length
            ? [
                h(
                  "p",
                  { class: "quiet" },
                  "If that does not open: ",
                  ...others.flatMap(({ url }, i) => [i ? ", " : "", url]),
                ),
              ]
            : []),
          h("p", { class: "quiet" }, "The phone has to be in the same network, if the address is not a public one."),
        ]
      : [
          h(
            "p",
            {},
            note ||
              "This service does not know at which address others reach it. Open this page by the machine’s own address in the network: then its code is shown here.",
          ),
        ]),
    h("form", { method: "dialog" }, h("button", { class: "primary" }, "Close")),
  );
  dialog.showModal();
});

/** Makes the buttons work, that of the presentation, too, and a key. */
export function start() {
  for (const id of ["show-share", "stage-share"]) byId(id).addEventListener("click", () => open());
  key("q", "this page’s address, as a QR code", () => open());
}
