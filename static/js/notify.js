// @ts-check
// Notifications where the reader allows them: buttons marked `data-notify` ask, once, and go when there is an answer.

import { around, parts } from "./dom.js";

const mayAsk = () => "Notification" in window && window.isSecureContext && Notification.permission === "default";

/** Show the buttons that ask, as long as there is something to ask. Call it when buttons came to the page. */
export function offerNotifications() {
  for (const button of parts(document, "[data-notify]")) button.hidden = !mayAsk();
}

/** Tell of a finished job, if that is allowed and the page is not in view. @param {string} title @param {string} body */
export function notify(title, body) {
  if (document.hidden && "Notification" in window && Notification.permission === "granted") {
    new Notification(title, { body });
  }
}

document.addEventListener("click", async (event) => {
  if (!around(event, "[data-notify]")) return;
  await Notification.requestPermission();
  offerNotifications();
});
