// Builds the page out of nodes. Text is only ever inserted as text, so nothing that passed through the gateway can become
// markup.

/** Makes an element. Attributes that are null or false are left out, functions become listeners. */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Control characters, and those that turn the direction of what follows, could show something else than there is.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text from outside, with what cannot be seen spelled out. */
export function visible(text) {
  return String(text).replace(HIDDEN, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`);
}

/** A place or a part of time on a bar, both as shares of the whole. */
export function bar(kind, from, width) {
  const inner = el("span", { class: `bar ${kind}` });
  inner.style.setProperty("--from", `${(from * 100).toFixed(3)}%`);
  inner.style.setProperty("--width", `${(width * 100).toFixed(3)}%`);
  return el("span", { class: "track", "aria-hidden": "true" }, inner);
}

export function duration(micros) {
  if (micros === null || micros === undefined) return "…";
  if (micros < 1000) return `${micros} µs`;
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(micros < 10_000 ? 2 : 1)} ms`;
  return `${(micros / 1_000_000).toFixed(2)} s`;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** The time of day to the millisecond. */
export function clock(millis) {
  const two = (number) => String(number).padStart(2, "0");
  const date = new Date(millis);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Puts new content in, and the focus back on what has the same key. */
export function replace(place, ...content) {
  const key = document.activeElement?.getAttribute?.("data-key");
  place.replaceChildren(...content.flat(Infinity).filter(Boolean));
  if (key) [...place.querySelectorAll("[data-key]")].find((it) => it.getAttribute("data-key") === key)?.focus();
}

/** What an exchange is known by at a glance: its status, or how it ended without one. */
export function status(exchange, t) {
  const ended = { under_way: "…", reset: "✕", cut_off: "✕" }[exchange.outcome];
  const shown = ended ?? exchange.status ?? "–";
  const kind = ended ? exchange.outcome : `s${Math.floor((exchange.status ?? 0) / 100)}`;
  const text = ended && exchange.status ? `${exchange.status} ${shown}` : String(shown);
  return el("span", { class: `status ${kind}`, title: t(`outcome.${exchange.outcome}`) }, text);
}
