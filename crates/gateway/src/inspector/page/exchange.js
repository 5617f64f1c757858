// One exchange: how it ended, its timeline, its headers.

import { clock, duration, el, replace, size, status, visible } from "./dom.js";
import { changeTable, timeline } from "./timeline.js";
import { t } from "./words.js";

export function showExchange(place, state, here) {
  if (!here.id) return replaceIfNew(place, null, "none", pick);
  const back = el("a", { class: "back", href: `#/exchanges?${here.filter}` }, t("back"));
  if (!state.exchange) {
    return replaceIfNew(place, here.id, "gone", () => [back, el("p", { class: "empty" }, t("gone", state.list.recording.keeps))]);
  }
  const it = state.exchange;
  replaceIfNew(place, here.id, JSON.stringify(it), () => [
    back,
    el("h2", { class: "what" }, status(it, t), " ", el("b", {}, visible(it.method)), " ", visible(it.path)),
    el("p", { class: "facts" }, facts(it)),
    el("p", { class: "answered" }, answered(it)),
    el("h3", {}, t("timeline")),
    timeline(it),
    headers("request", it.request, "headers.client", "headers.sent", "headers.unsent"),
    it.routed.length ? [el("h3", {}, t("headers.routed")), changeTable(it.routed)] : null,
    headers("response", it.response, it.reply?.plugin === null ? "headers.gateway" : "headers.upstream", "headers.answered", "headers.unanswered"),
    el("p", { class: "note" }, el("a", { href: `inspector/exchanges/${it.id}.json` }, t("json"))),
  ]);
}

function replaceIfNew(place, id, key, make) {
  const keyed = `${document.documentElement.lang} ${key}`;
  if (place.shownKey === keyed) return;
  place.shownKey = keyed;
  // What a reader has unfolded stays so while an exchange goes on.
  const same = place.shownId === id;
  const open = same ? folds(place).map((it) => it.open) : [];
  place.shownId = id;
  replace(place, make());
  folds(place).forEach((it, at) => (it.open = open[at] ?? it.open));
}

function folds(place) {
  return [...place.querySelectorAll("details")];
}

function pick() {
  const keys = [["↓ ↑ j k", "key.move"], ["Esc", "key.back"], ["/", "key.find"], ["l", "key.live"]];
  return el("div", { class: "empty" },
    el("h2", {}, t("pick.title")),
    el("p", {}, t("pick.text")),
    el("dl", { class: "keys" }, keys.map(([key, words]) => [
      el("dt", {}, key.split(" ").map((it) => el("kbd", {}, it))), el("dd", {}, t(words))])));
}

function facts(it) {
  return [`#${it.id}`, clock(it.began), visible(it.authority), duration(it.took), t(`outcome.${it.outcome}`)]
    .filter(Boolean).map((text) => el("span", {}, text));
}

function answered(it) {
  if (it.reply) {
    const by = it.reply.plugin === null ? t("by.gateway") : t("by.plugin", visible(it.reply.plugin));
    return it.reply.details ? `${by} (${t("details", visible(it.reply.details))})` : by;
  }
  if (it.response.came) return t("by.upstream", it.upstream ? visible(`${it.upstream.host} (${it.upstream.cluster})`) : "");
  return it.outcome === "under_way" ? t("by.nobody") : t("by.none");
}

/** One table: as the headers came, and as they left after all plugins. */
function headers(direction, travel, came, left, never) {
  const [before, after] = [travel.came, travel.left];
  const title = el("h3", {}, t(`headers.${direction}`));
  if (!before && !after) return [title, el("p", { class: "note" }, t(never))];
  const names = [...new Set([...(before?.headers ?? []), ...(after?.headers ?? [])].map((it) => it.name))];
  const values = (list, name) => (list?.headers ?? []).filter((it) => it.name === name).map((it) => it.value);
  const rows = names.map((name) => {
    const [old, now] = [values(before, name), values(after, name)];
    const same = JSON.stringify(old) === JSON.stringify(now);
    const kind = !before || !after || same ? "same" : !old.length ? "added" : !now.length ? "removed" : "changed";
    return el("tr", { class: kind },
      el("th", { scope: "row" }, visible(name), kind === "same" ? null : el("span", { class: "mark" }, t(`change.${kind}`))),
      before && cell(old, t(came)), after && cell(now, t(left)));
  });
  const more = (before?.left_out ?? 0) + (after?.left_out ?? 0);
  return [
    title,
    el("div", { class: "scroll" }, el("table", { class: "headers" },
      el("thead", {}, el("tr", {}, el("th", {}, t("name")), before && el("th", {}, t(came)), after && el("th", {}, t(left)))),
      el("tbody", {}, rows))),
    after ? null : el("p", { class: "note" }, t(never)),
    more ? el("p", { class: "note" }, t("headers.more", more)) : null,
    travel.came_bytes || travel.left_bytes
      ? el("p", { class: "note" }, t("headers.body", size(travel.came_bytes), size(travel.left_bytes)))
      : null,
  ];
}

function cell(values, label) {
  return el("td", { "data-label": label }, values.map((it) => el("div", {}, visible(it))));
}
