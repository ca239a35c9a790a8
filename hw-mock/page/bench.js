"use strict";
const $ = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null) element.setAttribute(key, value);
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

const FAULTS = {
  scanner: ["扫码器 Scanner", { silent: "不出声 silent", noise: "杂码 noise before each code" }],
  idcard: ["读卡器 Card reader", { silent: "无应答 silent", read_failed: "读卡失败 read failed", auth_failed: "认证失败 authentication failed" }],
  printer: ["打印机 Printer", {
    paper_out: "缺纸 out of paper", paper_out_mid: "下一张打到一半缺纸 runs out in the next slip", near_end: "纸将尽 paper near end",
    cover_open: "上盖打开 cover open", cutter_error: "切刀故障 cutter stuck", head_hot: "打印头过热 head too hot", offline: "脱机 offline", silent: "断线 unplugged",
  }],
  lock: ["锁控板 Lock board", { silent: "无应答 silent", stuck_closed: "门打不开 doors stuck shut", stuck_open: "门关不上 doors read open", echo: "回显 adapter echoes",
    wrong_polarity: "触点接反 contacts wired the other way", bounced_contact: "触点抖动 contact bounces", late_frame: "应答迟到 late answers",
    garbage_before: "应答前杂码 noise before answers", garbage_after: "应答后杂码 noise after answers", garbage_inside: "应答中杂码 noise inside answers",
    unplug: "应答中途拔线 unplugged amid an answer", refuses: "拒绝开锁 refuses to open", never_acknowledges: "开锁不应答 no acknowledgement" }],
};
const KINDS = {
  scan: "扫码 code scanned", card_laid: "放上身份证 card laid", card_lifted: "拿走身份证 card lifted", card_read: "读卡 card read",
  frame: "屏幕 screen", touch: "触摸 touch", pulse: "开锁脉冲 lock pulse", door_opened: "门开 door open", door_closed: "门关 door shut",
  slip: "出票 slip printed", fault: "故障开关 fault", screen_connected: "柜机屏幕接入 screen connected", screen_lost: "柜机屏幕断开 screen lost",
};

let last = {};
const changed = (key, value) => {
  const text = JSON.stringify(value);
  if (last[key] === text) return false;
  last[key] = text;
  return true;
};
const mask = (number) => number.slice(0, 3) + "***********" + number.slice(14);

function idCard(card) {
  return [make("b", {}, card.name), make("small", {}, card.sex === "2" ? "女 female" : "男 male", " · ", card.birth), make("code", {}, mask(card.id_number))];
}

function show(state) {
  const { screen } = state;
  $("link").textContent = screen.connected ? "柜机在线 kiosk connected" : "柜机未连接 kiosk not connected";
  $("link").className = screen.connected ? "" : "off";
  if (screen.connected && changed("seq", [screen.seq, screen.name])) $("screen").src = "/api/screen.png?seq=" + screen.seq;
  if (changed("targets", screen.targets)) {
    $("targets").replaceChildren(...(screen.targets || []).map((t) =>
      make("button", { id: "target-" + t.id, onclick: () => call("POST", "/api/touch", { target: t.id }) }, t.label || t.id)));
  }
  if (changed("codes", state.codes)) {
    $("codes").replaceChildren(...state.codes.map((c, i) =>
      make("button", { id: "scan-" + i, class: "code", title: c.code, onclick: () => call("POST", "/api/scan", { code: c.code }) },
        make("img", { src: "/api/qr?text=" + encodeURIComponent(c.code), alt: "" }), make("small", {}, c.label))));
  }
  if (changed("cards", state.cards)) {
    $("cards").replaceChildren(...state.cards.map((c, i) =>
      make("button", { id: "card-" + i, class: "idcard", onclick: () => call("PUT", "/api/card", c) }, ...idCard(c))));
  }
  if (changed("card", state.card)) {
    $("on-reader").replaceChildren(...(state.card ? [make("div", { class: "idcard" }, ...idCard(state.card))] : []));
    document.querySelector(".pad").classList.toggle("laid", Boolean(state.card));
    $("lift-card").disabled = !state.card;
  }
  if (changed("doors", state.doors)) {
    const open = (d) => d.open;
    if ($("doors").childElementCount !== state.doors.length) {
      $("doors").replaceChildren(...state.doors.map((d) => make("div", { id: "door-" + d.door, class: "door " + d.size },
        make("div", { class: "leaf" }, String(d.door).padStart(2, "0"), make("small", {}, d.size)),
        make("button", { id: `door-${d.door}-close`, onclick: () => call("POST", `/api/doors/${d.door}/close`) }, "关门 Close"))));
    }
    for (const d of state.doors) $("door-" + d.door).classList.toggle("open", open(d));
  }
  if (changed("slips", state.slips)) {
    $("slips").replaceChildren(...state.slips.map((s) =>
      make("img", { src: `/api/slips/${s.id}.png`, alt: "小票 slip " + s.id, title: s.cut ? "" : "撕下的半张 torn off", onclick: () => zoom(s.id) })));
    $("take-slips").hidden = state.slips.length === 0;
  }
  if (changed("faults", state.faults)) faults(state.faults);
  history();
}

function faults(now) {
  if (!$("faults").childElementCount) {
    for (const [device, [name, kinds]] of Object.entries(FAULTS)) {
      const select = make("select", { id: "fault-" + device, onchange: (e) =>
        e.target.value ? call("PUT", "/api/faults/" + device, { fault: e.target.value }) : call("DELETE", "/api/faults/" + device) },
        make("option", { value: "" }, "正常 works"), ...Object.entries(kinds).map(([k, v]) => make("option", { value: k }, v)));
      $("faults").append(make("label", { for: "fault-" + device }, name), select);
    }
  }
  for (const device of Object.keys(FAULTS)) {
    $("fault-" + device).value = now[device] || "";
    $("fault-" + device).classList.toggle("bad", Boolean(now[device]));
  }
}

let next = 0;
let asking = false;
async function history() {
  if (asking) return;
  asking = true;
  try {
    const log = await (await fetch("/api/log?since=" + next)).json();
    next = log.next;
    for (const e of log.entries) {
      const what = [KINDS[e.kind] || e.kind, e.screen || "", e.door ? "No. " + e.door : "", e.fault || "", e.kind === "slip" ? "No. " + e.id : ""];
      line(e.at_us, what.filter(Boolean).join(" · "));
    }
  } finally {
    asking = false;
  }
}
function line(atUs, text) {
  const time = atUs === null ? "" : (atUs / 1e6).toFixed(2) + " s";
  $("log").prepend(make("li", {}, make("time", {}, time), text));
  while ($("log").childElementCount > 200) $("log").lastChild.remove();
}
const note = (text) => line(null, text);
function zoom(id) {
  $("zoom").querySelector("img").src = `/api/slips/${id}.png`;
  $("zoom").showModal();
}

$("screen").addEventListener("click", (event) => {
  const box = $("screen").getBoundingClientRect();
  const { naturalWidth: w, naturalHeight: h } = $("screen");
  call("POST", "/api/touch", { x: (event.clientX - box.left) / box.width * w, y: (event.clientY - box.top) / box.height * h });
});
$("lift-card").addEventListener("click", () => call("DELETE", "/api/card"));
$("take-slips").addEventListener("click", () => call("DELETE", "/api/slips"));
$("zoom").querySelector("button").addEventListener("click", () => $("zoom").close());
$("scan-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("scan-text").value) call("POST", "/api/scan", { code: $("scan-text").value });
});

const events = new EventSource("/api/events");
events.onmessage = (event) => show(JSON.parse(event.data));
events.onerror = () => { $("link").textContent = "与工作台失去联系 bench not reachable"; $("link").className = "off"; };
