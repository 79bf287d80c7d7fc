// Puts the page together: which model and picture the address asks for, and all the parts.

import { open as openAddress } from "./address.js";
import { start as startAnswer } from "./answer.js";
import { models } from "./api.js";
import { listModels, start as startBrowsing } from "./browse.js";
import { start as startCamera } from "./camera.js";
import { start as startCorruption } from "./corruption.js";
import { start as startEvidence } from "./evidence.js";
import { start as startExplanation } from "./explanation.js";
import { start as startHandout } from "./handout.js";
import { start as startKeys } from "./keys.js";
import { start as startModels } from "./models.js";
import { start as startPicture } from "./picture.js";
import { start as startPortrait } from "./portrait.js";
import { start as startPresentation } from "./presentation.js";
import { start as startSequence } from "./sequence.js";
import { start as startShare } from "./share.js";
import { begin, state } from "./state.js";
import { latest } from "./task.js";
import { start as startTries } from "./tries.js";
import { say } from "./trouble.js";
import { start as startUploads } from "./upload.js";

for (const start of [
  startAnswer,
  startPicture,
  startBrowsing,
  startUploads,
  startCamera,
  startExplanation,
  startCorruption,
  startTries,
  startPortrait,
  startEvidence,
  startSequence,
  startPresentation,
  startHandout,
  startShare,
  startKeys,
])
  start();

latest(async (signal) => {
  const asked = new URLSearchParams(location.search);
  state.models = await models(signal);
  const fallback = state.models.find((model) => model.default) ?? state.models[0];
  const named = state.models.filter((model) => model.name === (asked.get("model") ?? fallback.name));
  const version = asked.get("version");
  const fitting = named.filter((model) => version === null || model.version === Number(version));
  const model = fitting.sort((one, other) => other.version - one.version)[0] ?? fallback;
  if (!fitting.length) say("The address names a model that is not here; the default one answers instead.");
  listModels();
  startModels();
  const index = Number(asked.get("index") ?? 16);
  const there = Number.isInteger(index) && index >= 0 && index <= 9999;
  if (!there) say("The address names a test image that does not exist: they go from 0 to 9999. Here is image 16.");
  openAddress();
  begin({ subject: { index: there ? index : 16 }, model, fit: "crop", how: "chosen" });
})();
