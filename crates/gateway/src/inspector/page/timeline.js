// The waterfall of one exchange: each plugin's turn, its calls and lines, and the upstream, at their places in time.

import { bar, duration, el, size, visible } from "./dom.js";
import { t } from "./words.js";

// As many as there are colours in the style.
const COLOURS = 6;

export function timeline(it) {
  const whole = Math.max(1, it.took);
  const names = [...new Set(it.events.map((event) => event.plugin))];
  const colour = (name) => `p${names.indexOf(name) % COLOURS}`;
  const rows = [...it.events.map((event) => ({ at: event.at, row: () => ROWS[event.kind](event, whole, colour) })), ...edges(it, whole)];
  // Sorting is stable, so what began at the same time keeps its order.
  rows.sort((one, other) => one.at - other.at);
  return [
    names.length ? null : el("p", { class: "note" }, t("timeline.none")),
    el("ol", { class: "timeline" }, rows.map((it) => el("li", {}, it.row()))),
    it.events_left_out ? el("p", { class: "note" }, t("timeline.more", it.events_left_out)) : null,
  ];
}

/** What happens outside of plugins. */
function edges(it, whole) {
  const edge = (at, took, kind, text) =>
    at === null ? [] : [{ at, row: () => line(`edge ${kind}`, at, took, whole, [el("span", { class: "who" }, text)]) }];
  const sent = it.upstream?.at ?? it.request.left_at;
  const until = it.response.came_at ?? it.took;
  const host = it.upstream ? visible(it.upstream.host || it.upstream.cluster) : "";
  const asked = sent !== null && (it.upstream || !it.reply);
  return [
    ...edge(it.request.came_at, 0, "came", t("edge.came")),
    ...(asked ? edge(sent, Math.max(0, until - sent), "upstream", t("edge.upstream", host)) : []),
    ...edge(it.response.left_at, it.response.ended_at ? it.response.ended_at - it.response.left_at : 0, "left", t("edge.left")),
  ];
}

const ROWS = {
  callback(event, whole, colour) {
    const added = (change) => !change.before.length;
    const removed = (change) => !change.after.length;
    const count = (test, sign, kind) => {
      const number = event.changes.filter(test).length;
      return number ? el("span", { class: `count ${kind}` }, `${sign}${number}`) : null;
    };
    const badges = [
      event.crashed ? el("span", { class: "badge bad" }, t("crashed")) : null,
      event.took === null ? el("span", { class: "badge" }, t("running")) : null,
      event.action && event.action !== "continue" ? el("span", { class: "badge hold" }, t(`action.${event.action}`)) : null,
      event.asked.map((it) => el("span", { class: "badge" }, t(`asked.${it}`))),
      event.times > 1 ? el("span", { class: "badge" }, t("times", event.times)) : null,
      count(added, "+", "added"),
      count((it) => !added(it) && !removed(it), "~", "changed"),
      count(removed, "−", "removed"),
    ];
    const head = [who(event, colour), el("span", { class: "phase" }, t(`phase.${event.name}`)), badges];
    const row = line(`callback ${colour(event.plugin)}`, event.at, event.took ?? whole - event.at, whole, head, event.took);
    return el("details", { class: "event", open: event.changes.length > 0 && event.changes.length <= 8 }, el("summary", {}, row), changes(event));
  },
  call(event, whole, colour) {
    const { request } = event;
    const what = request.protocol === "http"
      ? t("call.http", visible(request.method), visible(request.path), size(request.body))
      : request.protocol === "grpc" ? `gRPC ${visible(request.method)}` : `Redis ${visible(request.command)}`;
    const head = [
      who(event, colour), el("span", { class: "phase" }, t("call", visible(event.cluster))),
      el("span", { class: "asked" }, what), result(event.result)];
    // An open call lasts until now; one that failed without an answer has no length.
    const took = event.took ?? (event.result ? 0 : whole - event.at);
    return line("call", event.at, took, whole, head, event.took);
  },
  log(event, whole, colour) {
    const level = el("span", { class: `level l${event.level}` }, t(`level.${event.level}`));
    return line("log", event.at, 0, whole, [who(event, colour), level, el("span", { class: "text" }, visible(event.text))]);
  },
};

function who(event, colour) {
  return el("span", { class: `who ${colour(event.plugin)}` }, visible(event.plugin));
}

function result(it) {
  if (!it) return el("span", { class: "badge hold" }, t("call.open"));
  if (it.ended === "status") return el("span", { class: `status s${String(it.status)[0]}` }, visible(it.status), ` · ${size(it.body)}`);
  if (it.ended === "reply") return el("span", { class: `status ${it.error ? "s5" : "s2"}` }, visible(it.reply), ` · ${size(it.size)}`);
  if (it.ended === "grpc") return el("span", { class: `status ${it.status ? "s5" : "s2"}` }, `grpc-status ${it.status}`, ` · ${size(it.body)}`);
  return el("span", { class: "badge bad" }, visible(it.why));
}

/** Head, bar, and how long it took, or else when it was. */
function line(kind, at, took, whole, head, length) {
  const number = typeof length === "number" ? duration(length) : `@ ${duration(at)}`;
  return el("div", { class: `line ${kind}` },
    el("div", { class: "head" }, head),
    bar(kind, Math.min(1, at / whole), Math.min(1, took / whole)),
    el("span", { class: "took", title: `@ ${duration(at)}` }, number));
}

function changes(event) {
  return el("div", { class: "inside" },
    event.body === null ? null : el("p", {}, t("body.shown", size(event.body))),
    event.body_after === null ? null : el("p", {}, t("body.after", size(event.body_after))),
    event.changes.length ? changeTable(event.changes) : el("p", {}, t("no.changes")));
}

/** Headers that somebody changed, with their values before and after. */
export function changeTable(list) {
  const kind = (it) => (!it.before.length ? "added" : !it.after.length ? "removed" : "changed");
  const cell = (values, label) => el("td", { "data-label": label }, values.map((it) => el("div", {}, visible(it))));
  return el("div", { class: "scroll" }, el("table", { class: "headers" },
    el("thead", {}, el("tr", {}, el("th", {}, t("name")), el("th", {}, t("before")), el("th", {}, t("after")))),
    el("tbody", {}, list.map((it) =>
      el("tr", { class: kind(it) },
        el("th", { scope: "row" }, visible(it.name), el("span", { class: "mark" }, `${t(`list.${it.list}`)}, ${t(`change.${kind(it)}`)}`)),
        cell(it.before, t("before")), cell(it.after, t("after")))))));
}
