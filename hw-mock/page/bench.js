"use strict";
const $ = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};
const call = async (method, path, body) => {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) note((await answer.json().catch(() => ({}))).error || answer.statusText);
};

let language = localStorage.language || (navigator.language.startsWith("zh") ? "zh" : "en");
const t = (pair) => (Array.isArray(pair) ? pair[language === "zh" ? 0 : 1] : pair);
let state = null;
let last = {};
const changed = (key, value) => {
  const text = JSON.stringify(value);
  if (last[key] === text) return false;
  last[key] = text;
  return true;
};

function speak(wanted) {
  language = localStorage.language = wanted;
  document.documentElement.lang = wanted;
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset[wanted];
  for (const element of document.querySelectorAll("[data-hint-zh]")) element.placeholder = wanted === "zh" ? element.dataset.hintZh : element.dataset.hintEn;
  $("speak").textContent = wanted === "zh" ? "English" : "中文";
  last = {};
  entries.forEach((entry) => { entry.shown.textContent = told(entry); });
  if (state) show(state);
}

const mask = (number) => number.slice(0, 3) + "***********" + number.slice(14);
const idCard = (card) => [
  make("b", {}, card.name),
  make("small", {}, t(card.sex === "2" ? ["女", "female"] : ["男", "male"]), " · ", card.birth),
  make("code", {}, mask(card.id_number)),
];

function show(now) {
  state = now;
  screen(now.screen);
  if (changed("codes", now.codes)) {
    $("codes").replaceChildren(...now.codes.map((c, i) =>
      make("button", { id: "scan-" + i, class: "code", title: c.code, onclick: () => call("POST", "/api/scan", { code: c.code }) },
        make("img", { src: "/api/qr?text=" + encodeURIComponent(c.code), alt: "" }), make("small", {}, c.label))));
  }
  if (changed("cards", now.cards)) {
    $("cards").replaceChildren(...now.cards.map((c, i) =>
      make("button", { id: "card-" + i, class: "idcard", onclick: () => call("PUT", "/api/card", c) }, ...idCard(c))));
  }
  if (changed("card", now.card)) {
    $("on-reader").replaceChildren(...(now.card ? [make("div", { class: "idcard" }, ...idCard(now.card))] : []));
    document.querySelector(".pad").classList.toggle("laid", Boolean(now.card));
    $("lift-card").disabled = !now.card;
  }
  if (changed("doors", now.doors)) doors(now.doors);
  if (changed("slips", now.slips)) {
    $("slips").replaceChildren(...now.slips.map((s) =>
      make("img", { src: `/api/slips/${s.id}.png`, alt: t(["小票", "slip"]) + " " + s.id, title: s.cut ? "" : t(["撕下的半张", "torn off"]), onclick: () => zoom(s.id) })));
    $("take-slips").hidden = now.slips.length === 0;
  }
  if (changed("devices", [now.faults, now.lines])) devices(now.faults, now.lines);
  history();
}

function screen(now) {
  $("link").textContent = t(now.connected ? ["柜机在线", "kiosk connected"] : ["柜机未连接", "kiosk not connected"]);
  $("link").className = now.connected ? "" : "off";
  $("next").textContent = t((now.connected && NEXT[now.name]) || ["您就是消费者：扫码、放身份证、点屏幕、取货后关柜门。", "You are the shopper: scan, lay the card, touch the screen, take the goods, close the door."]);
  if (now.connected && changed("seq", [now.seq, now.name])) $("screen").src = "/api/screen.png?seq=" + now.seq;
  if (changed("targets", now.targets)) {
    $("targets").replaceChildren(...(now.targets || []).map((target) =>
      make("button", { id: "target-" + target.id, onclick: () => call("POST", "/api/touch", { target: target.id }) }, target.label || target.id)));
  }
}

function doors(now) {
  $("doors").replaceChildren(...now.map((d) => {
    const act = d.open ? "close" : "open";
    return make("div", { id: "door-" + d.door, class: `door ${d.size} ${d.open ? "open" : ""}` },
      make("div", { class: "leaf" }, String(d.door).padStart(2, "0"), make("small", {}, d.size)),
      make("button", { id: `door-${d.door}-${act}`, onclick: () => call("POST", `/api/doors/${d.door}/${act}`) },
        t(d.open ? ["关门", "Close"] : ["用手拉开", "Pull open"])));
  }));
}

const chosen = (kinds, now) => [make("option", { value: "" }, t(["正常", "works"])),
  ...Object.entries(kinds).map(([kind, name]) => make("option", { value: kind, selected: kind === now }, t(name)))];

// One row for each device: what is wrong with it, with its way to the kiosk, and whether it is plugged in.
function devices(faults, lines) {
  const rows = [];
  for (const key of ["scanner", "idcard", "printer", ...Object.keys(faults).filter((key) => key.startsWith("lock"))]) {
    const [name, kinds] = FAULTS[key] || FAULTS.lock;
    const title = t(name) + (FAULTS[key] ? "" : " " + key.slice(4));
    const fault = make("select", { id: "fault-" + key, class: faults[key] ? "bad" : "", "aria-label": title, onchange: (e) =>
      e.target.value ? call("PUT", "/api/faults/" + key, { fault: e.target.value }) : call("DELETE", "/api/faults/" + key) }, ...chosen(kinds, faults[key]));
    rows.push(make("b", {}, title), fault);
    if (key.startsWith("lock")) {
      rows.push(make("span"), make("span"));
      continue;
    }
    const wire = lines.wires[key];
    const plugged = lines.plugged.includes(key);
    rows.push(
      make("select", { id: "wire-" + key, class: wire ? "bad" : "", "aria-label": title, onchange: (e) =>
        e.target.value ? call("PUT", "/api/wires/" + key, { fault: e.target.value }) : call("DELETE", "/api/wires/" + key) }, ...chosen(WIRES, wire)),
      make("button", { id: "plug-" + key, class: plugged ? "" : "bad", onclick: () => call("POST", `/api/lines/${key}/${plugged ? "unplug" : "plug"}`) },
        t(plugged ? ["拔下", "Unplug"] : ["插上", "Plug in"])));
  }
  $("devices").replaceChildren(...["", ["设备", "Device"], ["到柜机的线", "Way to the kiosk"], ["插头", "Plug"]].map((head) => make("span", { class: "head" }, head && t(head))), ...rows);
  stepping(lines.waiting);
  models(lines);
}

function stepping(waiting) {
  $("hold").disabled = Boolean(waiting);
  $("step").disabled = !waiting || !waiting.length;
  $("release").disabled = !waiting;
  $("waiting").textContent = waiting
    ? t(["等待放行：", "Waiting: "]) + (waiting.map((key) => t(FAULTS[key][0])).join(", ") || t(["无", "nothing"]))
    : t(["应答照常送出。按住后，扫码器、读卡器和打印机的应答逐条放行。", "Answers go out as always. Held, those of scanner, card reader and printer go out one by one."]);
}

function models({ scanner, printer }) {
  $("scanner-kind").replaceChildren(...Object.entries(SCANNERS).map(([kind, name]) => make("option", { value: kind, selected: kind === scanner }, t(name))));
  $("printer-model").replaceChildren(
    ...Object.entries(PRINTER).map(([part, name]) => make("label", {}, make("input", { type: "checkbox", id: "printer-" + part, checked: printer[part],
      onchange: (e) => call("PUT", "/api/printer", { ...printer, [part]: e.target.checked }) }), t(name))),
    make("label", {}, make("select", { id: "printer-dots", onchange: (e) => call("PUT", "/api/printer", { ...printer, dots: Number(e.target.value) }) },
      ...[[576, "80 mm"], [384, "58 mm"]].map(([dots, name]) => make("option", { value: dots, selected: dots === printer.dots }, name)))));
}

let next = 0;
let asking = false;
const entries = [];
async function history() {
  if (asking) return;
  asking = true;
  try {
    const log = await (await fetch("/api/log?since=" + next)).json();
    next = log.next;
    log.entries.forEach(line);
  } finally {
    asking = false;
  }
}
function told(e) {
  if (e.text) return e.text;
  const number = e.door ?? (e.kind === "slip" ? e.id : undefined);
  const fault = e.kind === "fault" && [t((FAULTS[e.device] || FAULTS.lock)[0]), e.fault || t(["正常", "works"])];
  return [t(KINDS[e.kind] || e.kind), e.screen, number && t(["第 ", "no. "]) + number, ...(fault || [])].filter(Boolean).join(" · ");
}
function line(entry) {
  entry.shown = make("span", {}, told(entry));
  const time = entry.at_us === undefined ? "" : (entry.at_us / 1e6).toFixed(2) + " s";
  $("log").prepend(make("li", {}, make("time", {}, time), entry.shown));
  entries.push(entry);
  while (entries.length > 200) { entries.shift(); $("log").lastChild.remove(); }
}
const note = (text) => line({ text });
function zoom(id) {
  $("zoom").querySelector("img").src = `/api/slips/${id}.png`;
  $("zoom").showModal();
}

$("screen").addEventListener("click", (event) => {
  const box = $("screen").getBoundingClientRect();
  const { naturalWidth: w, naturalHeight: h } = $("screen");
  call("POST", "/api/touch", { x: (event.clientX - box.left) / box.width * w, y: (event.clientY - box.top) / box.height * h });
});
$("speak").addEventListener("click", () => speak(language === "zh" ? "en" : "zh"));
$("lift-card").addEventListener("click", () => call("DELETE", "/api/card"));
$("take-slips").addEventListener("click", () => call("DELETE", "/api/slips"));
$("zoom").querySelector("button").addEventListener("click", () => $("zoom").close());
$("hold").addEventListener("click", () => call("POST", "/api/hold"));
$("step").addEventListener("click", () => call("POST", "/api/step"));
$("release").addEventListener("click", () => call("POST", "/api/release"));
$("scanner-kind").addEventListener("change", (event) => call("PUT", "/api/scanner", { kind: event.target.value }));
$("scan-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("scan-text").value) call("POST", "/api/scan", { code: $("scan-text").value });
});

speak(language);
const events = new EventSource("/api/events");
events.onmessage = (event) => show(JSON.parse(event.data));
events.onerror = () => { $("link").textContent = t(["与工作台失去联系", "bench not reachable"]); $("link").className = "off"; };
