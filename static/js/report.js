// @ts-check
// Prints the report.
import { part } from "./dom.js";

const prints = part(document, "[data-prints]");
prints.hidden = false;
prints.addEventListener("click", () => print());
