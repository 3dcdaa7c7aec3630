// Keeps a page up to date: when the daemon says that something changed, the page's main part is fetched again. A form that
// somebody is filling in is left alone.
"use strict";
(() => {
  const sign = document.getElementById("live");
  let busy = false;
  async function refresh() {
    const main = document.getElementById("main");
    const focus = document.activeElement;
    if (busy || document.hidden || (focus && main.contains(focus) && focus.tagName === "INPUT")) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const open = new Set([...main.querySelectorAll("details")].map((d, i) => (d.open ? i : -1)));
        page.querySelectorAll("#main details").forEach((d, i) => { if (open.has(i)) d.open = true; });
        main.replaceChildren(...page.getElementById("main").childNodes);
      }
    } catch { sign.textContent = "· not connected"; } finally { busy = false; }
  }
  const events = new EventSource("/live");
  events.addEventListener("change", refresh);
  events.onopen = () => { sign.textContent = "· live"; };
  events.onerror = () => { sign.textContent = "· not connected"; };
})();
