// The list of the last exchanges and its filter.

import { bar, clock, duration, el, replace, status, visible } from "./dom.js";
import { t } from "./words.js";

const STATUSES = ["2xx", "3xx", "4xx", "5xx", "pending", "broken"];

export function showList(place, state, here) {
  if (!place.firstChild) place.append(el("form", { class: "filter", submit: (e) => e.preventDefault() }), el("div"));
  const [form, rows] = place.children;
  showFilter(form, state, here);
  const { exchanges, recording } = state.list;
  const filtered = [...here.filter.values()].some(Boolean);
  if (!exchanges.length) return replace(rows, filtered ? nothingFits() : empty(state));
  // One that hangs would make all others look alike.
  const longest = Math.max(1, ...exchanges.map((it) => (it.outcome === "under_way" ? 0 : it.took)));
  replace(rows,
    el("p", { class: "note" }, t("list.seen", exchanges.length, recording.seen, recording.keeps)),
    el("ol", { class: "rows", "aria-label": t("list.label") }, exchanges.map((it) => el("li", {}, row(it, here, longest)))));
}

function row(it, here, longest) {
  const by = it.waits_for ? t("waits", visible(it.waits_for.cluster)) : it.replied_by ?? it.upstream ?? "";
  const worst = it.worst_level >= 3 ? el("span", { class: `level l${it.worst_level}` }, t(`level.${it.worst_level}`)) : null;
  return el("a", {
    href: `#/exchanges/${it.id}?${here.filter}`,
    class: "row",
    "data-key": `exchange ${it.id}`,
    "aria-current": String(it.id) === here.id ? "true" : null,
  },
    status(it, t),
    el("span", { class: "what" }, el("b", {}, visible(it.method)), " ", visible(it.path)),
    el("span", { class: "took" }, duration(it.took)),
    el("span", { class: "more" },
      el("span", { class: "when" }, `#${it.id} ${clock(it.began)}`),
      el("span", { class: "by" }, visible(by)),
      worst),
    bar(it.outcome === "under_way" ? "open" : "whole", 0, Math.min(1, it.took / longest)));
}

function showFilter(form, state, here) {
  const key = JSON.stringify([document.documentElement.lang, state.overview.plugins.map((it) => it.name)]);
  if (form.dataset.for !== key) {
    form.dataset.for = key;
    const names = [...new Set(state.overview.plugins.map((it) => it.name))].filter(Boolean);
    const option = (value, text) => el("option", { value }, visible(text));
    replace(form,
      el("input", { name: "path", type: "search", input: change, placeholder: t("filter.path"), "aria-label": t("filter.path"), "data-key": "path" }),
      el("select", { name: "status", change, "aria-label": t("filter.status"), "data-key": "status" },
        option("", t("filter.status")),
        STATUSES.map((it) => option(it, /\d/.test(it) ? it : t(`filter.${it}`)))),
      el("select", { name: "plugin", change, "aria-label": t("filter.plugin"), "data-key": "plugin" },
        option("", t("filter.plugin")), names.map((it) => option(it, it))));
  }
  for (const field of form.elements) {
    if (field !== document.activeElement || field.tagName === "SELECT") field.value = here.filter.get(field.name) ?? "";
  }
}

function change(event) {
  const fields = [...event.target.form.elements].filter((field) => field.value);
  const filter = new URLSearchParams(fields.map((field) => [field.name, field.value]));
  history.replaceState(null, "", `#/exchanges?${filter}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function empty(state) {
  if (!state.list.recording.keeps) return el("div", { class: "empty" }, el("h2", {}, t("empty.title")), el("p", {}, t("empty.off")));
  const [first] = state.overview.listeners;
  const address = (first?.address ?? "127.0.0.1:10000").replace(/^(0\.0\.0\.0|\[::\])(?=:)/, "127.0.0.1");
  return el("div", { class: "empty" },
    el("h2", {}, t("empty.title")),
    el("p", {}, t("empty.send")),
    el("pre", {}, `curl -i http://${visible(address)}/`));
}

function nothingFits() {
  return el("div", { class: "empty" }, el("p", {}, t("empty.filtered")), el("p", {}, el("a", { href: "#/exchanges" }, t("filter.clear"))));
}

/** Moves to the next or previous exchange; tells whether there was one. */
export function step(main, here, way) {
  const rows = [...main.querySelectorAll(".row")];
  const at = rows.findIndex((it) => it === document.activeElement || it.getAttribute("aria-current"));
  const next = rows[at === -1 ? 0 : at + way];
  if (!next) return false;
  next.focus();
  // On a narrow screen an open exchange hides the list: there moving opens.
  if (here.id || matchMedia("(min-width: 60rem)").matches) location.hash = next.getAttribute("href");
  return true;
}

export function focusFilter(main) {
  main.querySelector(".filter input")?.focus();
}
