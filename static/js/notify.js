// Notifications where the reader allows them: buttons marked `data-notify` ask, once, and go when there is an answer.

const mayAsk = () => "Notification" in window && window.isSecureContext && Notification.permission === "default";

/** Show the buttons that ask, as long as there is something to ask. Call it when buttons came to the page. */
export function offerNotifications() {
  for (const button of document.querySelectorAll("[data-notify]")) button.hidden = !mayAsk();
}

/** Tell of a finished job, if that is allowed and the page is not in view. */
export function notify(title, body) {
  if (document.hidden && "Notification" in window && Notification.permission === "granted") {
    new Notification(title, { body });
  }
}

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-notify]")) return;
  await Notification.requestPermission();
  offerNotifications();
});
