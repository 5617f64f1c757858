// Which part of the page is shown, and when it is asked for anew.

import { el, replace, visible } from "./dom.js";
import { showExchange } from "./exchange.js";
import { step, showList, focusFilter } from "./exchanges.js";
import { showClusters, showConfiguration, showMetrics, showPlugins } from "./gateway.js";
import { switchLanguage, t } from "./words.js";

const PERIOD = 1000;
const PARTS = ["exchanges", "plugins", "clusters", "metrics", "configuration"];

const main = document.getElementById("main");
const state = { live: true, overview: null, list: null, exchange: null };
let shown = "";
let turn = 0;

/** `#/exchanges/12?path=x` is part, id and filter. */
function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [part, id] = path.split("/");
  const known = PARTS.includes(part) ? part : "exchanges";
  return { part: known, id: known === "exchanges" && id ? id : null, filter: new URLSearchParams(query) };
}

async function get(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok && answer.status !== 404) throw new Error(`${path}: ${answer.status}`);
  return answer.ok ? answer.json() : null;
}

async function ask({ part, id, filter }) {
  const overview = get("inspector.json");
  if (part !== "exchanges") return { overview: await overview };
  const query = new URLSearchParams([...filter].filter(([, value]) => value));
  const [list, exchange] = await Promise.all([
    get(`inspector/exchanges.json?${query}`),
    id ? get(`inspector/exchanges/${encodeURIComponent(id)}.json`) : null,
  ]);
  return { overview: await overview, list, exchange };
}

/** Asks for what the page shows now, and shows it if it is not the same as before. */
async function refresh() {
  const mine = ++turn;
  const here = route();
  try {
    const fresh = await ask(here);
    // A newer question is under way: its answer will be shown.
    if (mine !== turn) return;
    Object.assign(state, { list: null, exchange: null }, fresh);
    notice("");
    show(here);
  } catch {
    if (mine === turn) notice(t("unreachable"));
  }
}

function notice(text) {
  document.getElementById("notice").textContent = text;
}

function show(here) {
  const content = JSON.stringify([here.part, here.id, String(here.filter), state, document.documentElement.lang]);
  if (content === shown) return;
  shown = content;
  document.title = `${t(`nav.${here.part}`)} · ${t("title")}`;
  showTop(here);
  main.className = `${here.part}${here.id ? " opened" : ""}`;
  if (here.part === "plugins") replace(main, showPlugins(state.overview));
  else if (here.part === "clusters") replace(main, showClusters(state.overview));
  else if (here.part === "metrics") replace(main, showMetrics(state.overview));
  else if (here.part === "configuration") replace(main, showConfiguration(state.overview));
  else {
    const [list, detail] = [place("list"), place("detail")];
    if (main.children[0] !== list) replace(main, list, detail);
    showList(list, state, here);
    showExchange(detail, state, here);
  }
  document.body.dataset.shown = here.part;
}

/** The two halves of the exchanges stay, so that what is open and focused in them does too. */
function place(name) {
  return main.querySelector(`:scope > .${name}`) ?? el("section", { class: name });
}

function showTop(here) {
  const links = PARTS.map((part) =>
    el("a", { href: `#/${part}`, "aria-current": part === here.part ? "page" : null, "data-key": part }, t(`nav.${part}`)),
  );
  const live = el("label", { class: "live", title: t("live.title") },
    el("input", { type: "checkbox", change: toggle, "data-key": "live" }), t("live"));
  live.firstChild.checked = state.live;
  const version = state.overview ? el("span", { class: "version" }, visible(state.overview.version)) : null;
  replace(document.getElementById("top"),
    el("h1", {}, t("title"), version),
    el("nav", {}, links),
    live,
    el("button", { type: "button", class: "language", click: translate, "data-key": "language" }, t("language")));
}

function toggle() {
  state.live = !state.live;
  show(route());
  if (state.live) refresh();
}

function translate() {
  switchLanguage();
  show(route());
}

function onKey(event) {
  const typing = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else if (route().id) location.hash = `#/exchanges?${route().filter}`;
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || route().part !== "exchanges") return;
  const way = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (way && step(main, route(), way)) event.preventDefault();
  if (event.key === "l") toggle();
  if (event.key === "/") {
    focusFilter(main);
    event.preventDefault();
  }
}

async function run() {
  for (;;) {
    if (state.live && document.visibilityState !== "hidden") await refresh();
    await new Promise((wake) => setTimeout(wake, PERIOD));
  }
}

addEventListener("hashchange", refresh);
addEventListener("keydown", onKey);
showTop(route());
run();
