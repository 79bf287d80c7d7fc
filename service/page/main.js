// Puts the page together: all its parts, and then what the address asks for.

import { open as openAddress } from "./address.js";
import { start as startAnchors } from "./anchor.js";
import { start as startAnswer } from "./answer.js";
import { models } from "./api.js";
import { listModels, start as startBrowsing } from "./browse.js";
import { start as startCamera } from "./camera.js";
import { start as startCommands } from "./commands.js";
import { start as startCorruption } from "./corruption.js";
import { byId } from "./dom.js";
import { start as startEvidence } from "./evidence.js";
import { start as startExplanation } from "./explanation.js";
import { start as startGuessing } from "./guess.js";
import { start as startHandout } from "./handout.js";
import { start as startKeys } from "./keys.js";
import { start as startModels } from "./models.js";
import { start as startOwnWord } from "./own-word.js";
import { start as startPaper } from "./paper.js";
import { start as startPicture } from "./picture.js";
import { start as startPortrait } from "./portrait.js";
import { start as startPresentation } from "./presentation.js";
import { start as startRefusals } from "./refusal.js";
import { start as startSequence } from "./sequence.js";
import { start as startShare } from "./share.js";
import { state } from "./state.js";
import { latest } from "./task.js";
import { start as startTries } from "./tries.js";
import { start as startUploads } from "./upload.js";
import { start as startViewAddress } from "./view-address.js";

for (const start of [
  startViewAddress,
  startAnchors,
  startAnswer,
  startPicture,
  startBrowsing,
  startUploads,
  startCamera,
  startExplanation,
  startCorruption,
  startCommands,
  startTries,
  startPortrait,
  startEvidence,
  startSequence,
  startPresentation,
  startHandout,
  startPaper,
  startShare,
  startKeys,
  startOwnWord,
  startRefusals,
  startGuessing, // last: it tells the others when to tell
])
  start();
document.documentElement.dataset.started = ""; // from here on each part tells of what it lacks, and has it come
byId("trouble").hidden = true;

latest(async (signal) => {
  state.models = await models(signal);
  listModels();
  startModels();
  openAddress();
})();
