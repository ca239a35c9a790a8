// Keeps the parts of a page marked data-live="ADDRESS" as the server draws them. Without this script the page is as it was
// when it was loaded, and a reload does the same.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  const events = new EventSource(part.dataset.live);
  events.onmessage = (event) => {
    // Whoever is typing in this part is not interrupted.
    if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    part.innerHTML = event.data;
  };
}
