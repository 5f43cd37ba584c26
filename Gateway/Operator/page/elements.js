// Elements are made by their names, and every text is set as text: nothing that comes from elsewhere is ever read as HTML.

/** An element with attributes (those that begin with "on" are listeners) and children; children that are null or false are left out. */
export function element(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  made.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      made.addEventListener(key.slice(2), value);
    } else if (typeof value === "boolean") {
      made.toggleAttribute(key, value);
    } else if (value !== null && value !== undefined) {
      made.setAttribute(key, value);
    }
  }

  made.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

const isAlike = (one, other) => one.nodeName === other.nodeName && one.dataset?.key === other.dataset?.key;

/**
 * Changes what a part shows into what is wanted now. An element that is there stays, by its data-key or its place, and a text that is
 * the same is not touched: so a person who tabs through the part, marks a text, scrolls or opens a group is not disturbed. Listeners of
 * what is wanted are not taken over.
 */
export function renew(part, ...wanted) {
  const all = document.createDocumentFragment();
  all.append(...wanted.flat());
  renewChildren(part, all);
}

function renewChildren(there, wanted) {
  const left = [...there.childNodes];
  const pairs = [...wanted.childNodes].map(child => {
    const at = left.findIndex(other => isAlike(other, child));
    return [at < 0 ? null : left.splice(at, 1)[0], child];
  });
  left.forEach(other => other.remove());
  // What is moved loses the focus, so only what stands elsewhere is.
  let next = there.firstChild;
  for (const [kept, child] of pairs) {
    const shown = kept ?? child;
    if (shown === next) {
      next = next.nextSibling;
    } else {
      there.insertBefore(shown, next);
    }

    if (kept) {
      renewOne(kept, child);
    }
  }
}

function renewOne(there, wanted) {
  if (there.nodeType === Node.TEXT_NODE) {
    if (there.data !== wanted.data) {
      there.data = wanted.data;
    }

    return;
  }

  // Whoever looks opens and closes groups.
  for (const name of new Set([...there.getAttributeNames(), ...wanted.getAttributeNames()].filter(name => name !== "open"))) {
    const value = wanted.getAttribute(name);
    if (value === null) {
      there.removeAttribute(name);
    } else if (there.getAttribute(name) !== value) {
      there.setAttribute(name, value);
    }
  }

  renewChildren(there, wanted);
}

/** A table: the heads of its columns, and rows of cells, which may have keys. What is said where there are no rows is "empty". */
export function table(heads, rows, empty, keys = []) {
  if (rows.length === 0) {
    return element("p.empty", {}, empty);
  }

  return element("div.scroll", { tabindex: "0", role: "region", "aria-label": heads.join(", ") },
    element("table", {},
      element("thead", {}, element("tr", {}, heads.map(head => element("th", { scope: "col" }, head)))),
      element("tbody", {}, rows.map((cells, row) => element("tr", { "data-key": keys[row] }, cells.map((cell, at) => element("td", { "data-head": heads[at] }, element("span", {}, cell ?? ""))))))));
}

/** The name of a metric, in small letters beside its figure. */
export const metricName = name => element("code.metric", { title: "The metric's name in Prometheus" }, name);

export const count = number => Math.abs(number) < 10 && !Number.isInteger(number) ? number.toFixed(1) : Math.round(number).toLocaleString("en");

export function duration(seconds) {
  return seconds === null || seconds === undefined ? "–"
    : seconds < 0.001 ? `${(seconds * 1e6).toFixed(0)} µs`
    : seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms`
    : seconds < 120 ? `${seconds.toFixed(1)} s`
    : seconds < 7200 ? `${Math.round(seconds / 60)} min`
    : seconds < 172800 ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86400)} days`;
}

export const bytes = number => number < 1024 ? `${number} B` : number < 1048576 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / 1048576).toFixed(1)} MiB`;

export const moment = milliseconds => new Date(milliseconds).toLocaleString();

export const ago = milliseconds => `${duration(Math.max(0, (Date.now() - milliseconds) / 1000))} ago`;

/** A figure in its metric's unit. */
export function figure(value, unit) {
  return unit === "By" ? bytes(value) : unit === "s" ? duration(value) : count(value);
}
