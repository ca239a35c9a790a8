// Sends what is scanned one after the other without leaving the page, so that a scanner never types into a page that is
// just being loaded. Without this script each scan is a form like any other.
"use strict";
const form = document.querySelector("form[data-scan]");
if (form) {
  const field = form.elements.namedItem("code");
  const told = document.getElementById("told");
  const waiting = [];
  let busy = false;
  const say = (text, tone) => {
    told.textContent = text;
    told.className = "told " + tone;
  };
  const take = async (code) => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("code", code);
    const answer = await fetch(form.action, { method: "POST", body: fields });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const counted = page.getElementById("counted");
    if (answer.ok && counted) {
      document.getElementById("counted").innerHTML = counted.innerHTML;
      say(page.getElementById("told").textContent, "good");
    } else {
      say(code + ": " + (page.querySelector("main p") || page.body).textContent.trim(), "bad");
    }
  };
  const send = async () => {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      const code = waiting.shift();
      try {
        await take(code);
      } catch {
        say(code + ": " + form.dataset.lost, "bad");
      }
    }
    busy = false;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() !== "") waiting.push(field.value.trim());
    field.value = "";
    field.focus();
    send();
  });
}
