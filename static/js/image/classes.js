// The classes that spines of this page have, from the page itself.

const { network, classes } = JSON.parse(document.getElementById("class-set").textContent);

/** Those that the network tells, in its order. */
export const NETWORK = network;
export const LABELS = Object.fromEntries(classes.map(({ key, name }) => [key, name]));
export const LETTERS = Object.fromEntries(classes.map(({ key, letter }) => [key, letter]));

/** Class by the key on the keyboard that gives it. */
export const KEYS = Object.fromEntries(classes.filter(({ keyboard }) => keyboard).map(({ key, keyboard }) => [keyboard, key]));
