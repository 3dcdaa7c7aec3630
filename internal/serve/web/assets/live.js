// Keeps a page up to date: when the daemon says that something changed, the page is fetched again and what differs in its
// main part is put in place. What stays the same is not touched, so focus, selections, what somebody types or opened, and a
// button that is just being pressed stay as they are.
"use strict";
(() => {
  const sign = document.getElementById("live");
  let busy = false, again = false, opened = false;

  // same: two nodes are the same thing, perhaps with other content.
  const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.nodeType !== 1 || a.id === b.id && a.getAttribute("action") === b.getAttribute("action"));

  // attributes brings the attributes of an element to those of another; what people opened and typed is theirs.
  function attributes(from, to) {
    for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
    for (const { name, value } of to.attributes) {
      if (from.getAttribute(name) !== value && !(name === "open" && from.nodeName === "DETAILS")) from.setAttribute(name, value);
    }
  }

  // morph brings a node's children to those of another.
  function morph(from, to) {
    const wanted = [...to.childNodes];
    wanted.forEach((node, i) => {
      const here = from.childNodes[i];
      if (!here) from.append(node);
      else if (!same(here, node)) from.replaceChild(node, here);
      else if (!here.isEqualNode(node)) {
        if (node.nodeType !== 1) here.nodeValue = node.nodeValue;
        else { attributes(here, node); morph(here, node); }
      }
    });
    while (from.childNodes.length > wanted.length) from.lastChild.remove();
  }

  async function refresh() {
    if (document.hidden || busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected) { location.reload(); return; } // the session is over
        if (!answer.ok) break;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.title = page.title;
        morph(document.getElementById("main"), page.getElementById("main"));
      } catch { sign.textContent = "· not connected"; }
    } while (again && !document.hidden);
    busy = false;
  }

  const events = new EventSource("/live");
  events.addEventListener("change", refresh);
  events.onopen = () => {
    sign.textContent = "· live";
    if (opened) refresh(); // something may have happened while there was no connection
    opened = true;
  };
  events.onerror = () => { sign.textContent = "· not connected"; };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) refresh(); });
})();
