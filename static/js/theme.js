// @ts-check
// A plain script in <head>, so that the chosen theme stands before the first paint.
{
  const chosen = localStorage.getItem("spinula-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
