// What the gateway is made of: plugins, clusters, metrics, configuration.

import { el, visible } from "./dom.js";
import { t } from "./words.js";

export function showPlugins({ plugins, refused }) {
  const notice = refused ? el("article", { class: "card" },
    el("h2", {}, t("refused"), el("span", { class: "badge bad" }, t("refused.mark"))),
    pretty(refused)) : null;
  if (!plugins.length) return [notice, nothing("plugin.none")];
  return [notice, ...plugins.map((it) =>
    el("article", { class: "card" },
      el("h2", {}, visible(it.name || it.module), it.fault ? el("span", { class: "badge bad" }, t("plugin.fault")) : null),
      it.fault ? el("p", { class: "fault" }, visible(it.fault)) : null,
      facts([
        ["plugin.module", it.module],
        ["plugin.abi", it.abi],
        ["plugin.root", it.root_id],
        ["plugin.vm", it.vm_id],
        ["plugin.failure", t(it.fail_open ? "plugin.open" : "plugin.closed")],
      ]),
      it.configuration === null ? null : [el("h3", {}, t("plugin.configuration")), pretty(it.configuration)],
      el("p", {}, el("a", { href: `#/exchanges?${new URLSearchParams({ plugin: it.name })}` }, t("plugin.exchanges")))))];
}

export function showClusters({ clusters }) {
  if (!clusters.length) return nothing("cluster.none");
  return table([t("name"), t("cluster.hosts")], clusters.map((it) => [
    visible(it.name),
    it.hosts.length
      ? it.hosts.map((host) => el("div", {}, visible(host.address), host.name ? ` (${visible(host.name)})` : ""))
      : t("cluster.nohost"),
  ]));
}

export function showMetrics({ metrics }) {
  if (!metrics.length) return nothing("metric.none");
  return table([t("name"), t("metric.kind"), t("metric.value")], metrics.map((it) => [
    visible(it.name), it.kind, it.kind === "histogram" ? t("metric.samples", it.sum, it.samples) : String(it.value),
  ]));
}

export function showConfiguration({ configuration }) {
  return pretty(configuration);
}

function nothing(words) {
  return el("p", { class: "empty" }, t(words));
}

function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([words, value]) =>
    el("div", {}, el("dt", {}, t(words)), el("dd", {}, visible(value)))));
}

function table(heads, rows) {
  return el("div", { class: "scroll" }, el("table", { class: "plain" },
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell)))))));
}

function pretty(value) {
  // Line breaks are the layout's own here: those inside of values are escaped by JSON already.
  const lines = (typeof value === "string" ? value : JSON.stringify(value, null, 2)).split("\n");
  return el("pre", { class: "code", tabindex: "0" }, lines.map(visible).join("\n"));
}
