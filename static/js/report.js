// Prints the report.
const prints = document.querySelector("[data-prints]");
prints.hidden = false;
prints.addEventListener("click", () => print());
