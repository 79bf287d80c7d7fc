// Stands in the page itself, ahead of all that is fetched. Where the service goes while scripts and styles are still
// coming, it says so, and has the page loaded anew as soon as the service is back: until main.js has told that all has
// started there is nothing to be lost by that.

{
  const PATIENCE_MS = 10_000;
  const POLL_MS = 2000;
  const HEALTH_MS = 5000;
  const GONE = [502, 503, 504];
  // What never starts in this browser is not to be loaded anew for ever.
  const MOST = 5;
  const UNSTYLED = "position: fixed; inset: auto 1rem 1rem; padding: 1rem; color: Canvas; background: CanvasText";

  /** Style sheets that did not come. @type {Set<HTMLLinkElement>} */
  const lost = new Set();
  /** Whether a script did not come, or the service did not answer. */
  let broken = false;
  /** How often it was loaded anew although the service was there. */
  let vain = Number(history.state?.vain) || 0;
  let timer = 0;
  let isBusy = false;
  let isNoticed = false;

  const isStarted = () => "started" in document.documentElement.dataset;

  const isThere = () =>
    fetch("health", { cache: "no-store", signal: AbortSignal.timeout(HEALTH_MS) }).then(
      ({ status }) => !GONE.includes(status),
      () => false,
    );

  function reload() {
    history.replaceState({ vain: vain + 1 }, "");
    location.reload();
  }

  /** @param {string} words */
  function tell(words) {
    if (isStarted() || document.readyState === "loading") return;
    const bar = document.getElementById("trouble") ?? document.body.appendChild(document.createElement("div"));
    const text = document.createElement("p");
    text.textContent = words;
    const button = document.createElement("button");
    button.textContent = "Try now";
    button.onclick = reload;
    bar.replaceChildren(text, button);
    bar.style.cssText = lost.size ? UNSTYLED : "";
    bar.hidden = false;
  }

  async function mend() {
    if (await isThere()) {
      for (const link of lost) link.replaceWith(link.cloneNode());
      lost.clear();
      if (isStarted()) return;
      if (broken && !vain) return reload();
      if (broken) {
        tell("Something of this page does not come.");
        if (vain < MOST) timer = window.setTimeout(reload, 1000 * 2 ** vain);
        return;
      }
      tell("This page is still coming: the connection is slow.");
    } else {
      broken = true;
      vain = 0;
      tell("The service is away. This page goes on as soon as it is back.");
    }
    timer = window.setTimeout(watch, POLL_MS);
  }

  async function watch() {
    clearTimeout(timer);
    if (isBusy || (isStarted() && !lost.size)) return;
    isBusy = true;
    await mend();
    isBusy = false;
  }

  timer = window.setTimeout(watch, PATIENCE_MS);
  // Only who catches them on their way hears of scripts and styles that do not come.
  window.addEventListener(
    "error",
    ({ target }) => {
      if (target instanceof HTMLLinkElement) lost.add(target);
      else if (isStarted() || target instanceof HTMLImageElement) return;
      else broken = true;
      clearTimeout(timer);
      timer = window.setTimeout(watch, isNoticed ? POLL_MS : 0);
      isNoticed = true;
    },
    true,
  );
}
