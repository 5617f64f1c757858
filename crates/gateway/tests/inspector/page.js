// Uses the page as a person does, and posts which expectations held. Part of the tests: `browser.rs` serves and reads it.

import { missing } from "./inspector/words.js";

const checks = [];
const check = (what, holds, found) => checks.push({ what, holds: Boolean(holds), found });
const all = (selector) => [...document.querySelectorAll(selector)];
const text = (selector) => all(selector).map((it) => it.innerText).join("\n");
const shown = (selector) => all(selector).some((it) => it.checkVisibility());
const key = (name) => (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const post = (body) => fetch("/posted", { method: "POST", body });
const narrow = innerWidth < 700;

/** Waits for something to become true, without hiding what was found when it does not. */
async function until(what, test) {
  for (let turn = 0; turn < 400; turn++) {
    if (test()) return check(what, true);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  check(what, false, document.body.innerText.slice(0, 2000));
}

const fits = (where) => check(`${where}: nothing is wider than the window`, document.documentElement.scrollWidth <= innerWidth,
  `${document.documentElement.scrollWidth} of ${innerWidth}`);

async function run() {
  await until("an empty page teaches", () => text(".empty").includes("curl -i http://127.0.0.1:10000/"));
  fits("empty");
  await post("empty");
  await until("what comes is shown without a reload", () => all(".row").length === 5);
  fits("list");
  check("the one that waits says for what", text(".row").includes("waits for some-cluster"), text(".row"));
  check("who replied is told", text(".row .by").includes("key-auth"), text(".row .by"));

  // Hostile text is text.
  check("a hostile path is shown as it is", text(".row .what").includes("<img src=x onerror="), text(".row .what"));
  location.hash = "#/exchanges/4";
  await until("a hostile exchange opens", () => text(".detail").includes("<img src=x onerror="));
  for (const fold of all("details")) fold.open = true;
  await until("its header names are text too", () => text(".detail .headers").includes("<script>"));
  check("no element came out of it", !document.querySelector("main img, main script, main iframe"));
  check("none of it ran", window.hacked === undefined, window.hacked);
  check("signs that cannot be seen are spelled out", text(".detail").includes("\\u{202e}evil\\u{7}"), text(".detail"));
  fits("hostile exchange");
  const inline = document.createElement("script");
  inline.textContent = "window.inline = 1";
  document.head.append(inline);
  check("the policy forbids scripts inside the page", window.inline === undefined);

  // One exchange.
  location.hash = "#/exchanges/1";
  await until("the timeline shows phases", () => text(".timeline").includes("request headers") && text(".detail .facts").includes("#1"));
  const timeline = text(".timeline");
  for (const part of ["calls some-cluster", "/t?token=***", "Redis AUTH", "resumes the request", "the token=*** came", "upstream 127.0.0.1:8080"]) {
    check(`the timeline tells: ${part}`, timeline.includes(part), timeline);
  }
  check("changes are told with what was before", text("tr.added").includes("x-a"), text(".detail"));
  check("secrets are hidden", text(".headers").includes("Bearer *** (13 bytes)") && !document.body.textContent.includes("S3CR3T"));
  check("every turn has a bar inside of its track", all(".timeline .track").every((track) => {
    const [outer, inner] = [track.getBoundingClientRect(), track.firstChild.getBoundingClientRect()];
    return inner.width >= 2 && inner.left >= outer.left - 1 && inner.left < outer.right;
  }));
  fits("exchange");
  check("on a phone the exchange takes the list's place", shown(".list") !== narrow);

  // Keys.
  document.querySelector(".detail summary").click();
  const folded = all("details").map((it) => it.open).join();
  await new Promise((wake) => setTimeout(wake, 1500));
  check("what was unfolded stays while the page refreshes", all("details").map((it) => it.open).join() === folded);
  key("ArrowUp");
  await until("an arrow key goes to the next exchange", () => location.hash.startsWith("#/exchanges/2") && text(".detail").includes("Answered by the plugin key-auth"));
  key("Escape");
  await until("escape goes back", () => !location.hash.includes("/2") && shown(".row"));
  key("/");
  check("a slash goes to the filter", document.activeElement?.name === "path", document.activeElement?.outerHTML);

  // Filters.
  const path = document.querySelector(".filter input");
  path.value = "nowhere";
  path.dispatchEvent(new Event("input", { bubbles: true }));
  await until("a filter that nothing fits says so", () => text(".empty").includes("fits the filter"));
  path.value = "";
  path.dispatchEvent(new Event("input", { bubbles: true }));
  const status = document.querySelector(".filter select");
  status.value = "4xx";
  status.dispatchEvent(new Event("change", { bubbles: true }));
  await until("the filter by status takes", () => all(".row").length === 1 && location.hash.includes("status=4xx"));

  // The other parts.
  for (const [part, words] of [["plugins", "the file is missing"], ["clusters", "127.0.0.1:8080"], ["metrics", "42 in 1 samples"], ["configuration", "static_resources"]]) {
    location.hash = `#/${part}`;
    await until(`${part} are shown`, () => document.body.dataset.shown === part && text("main").includes(words));
    fits(part);
  }
  check("the configuration hides its secrets", text("main").includes("*** (6 bytes)") && !text("main").includes("S3CR3T"));
  document.querySelector(".language").click();
  await until("the other language is one click away", () => text("nav").includes("插件") && document.documentElement.lang === "zh-CN");
  fits("Chinese");
  check("both languages have all words", missing().length === 0, missing());
}

run().catch((error) => check("the script ran to its end", false, String(error?.stack ?? error))).finally(() => post(JSON.stringify(checks)));
