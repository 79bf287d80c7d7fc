// A picture from the camera. The camera runs only while its finder is open.

import { byId, h } from "./dom.js";
import { take } from "./upload.js";

const OTHER_WAYS = "Choose a file, drop or paste a picture, or pick a test image instead.";
/** @type {Record<string, string>} */
const REASONS = {
  NotAllowedError: "The camera was refused.",
  NotFoundError: "There is no camera here.",
  NotReadableError: "Another program uses the camera.",
};

/** @type {MediaStream|null} */
let stream = null;

function close() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  byId("viewfinder").hidden = true;
  byId("viewfinder").replaceChildren();
  byId("camera").focus();
}

/** @param {HTMLVideoElement} video */
function shoot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  canvas.toBlob((blob) => blob && take(blob, "camera.jpg"), "image/jpeg", 0.92);
  close();
}

async function open() {
  const note = byId("own-note");
  note.textContent = "";
  if (!navigator.mediaDevices) {
    note.textContent = `Browsers open the camera only for https pages and for this machine itself. On a phone “Choose a file” offers the camera too. ${OTHER_WAYS}`;
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    const reason = error instanceof Error && REASONS[error.name];
    note.textContent = `${reason || "The camera does not start."} ${OTHER_WAYS}`;
    return;
  }
  const video = h("video", {
    srcObject: stream,
    muted: true,
    playsInline: true,
    autoplay: true,
    "aria-label": "What the camera sees",
  });
  const shutter = h(
    "button",
    { type: "button", class: "primary", onclick: () => shoot(video), disabled: true },
    "Take the picture",
  );
  video.addEventListener("loadeddata", () => {
    shutter.disabled = false;
    shutter.focus();
  });
  byId("viewfinder").replaceChildren(
    video,
    h("span", { class: "buttons" }, shutter, h("button", { type: "button", onclick: close }, "Close the camera")),
  );
  byId("viewfinder").hidden = false;
}

/** Makes the camera button work. */
export function start() {
  byId("camera").addEventListener("click", open);
  window.addEventListener("pagehide", close);
}
