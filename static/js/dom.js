// @ts-check
// Parts of the page, with the kind of element that they are. What a template names and the page lacks is told at once.

/**
 * @template {Element} T
 * @param {Element | null} element
 * @param {new () => T} kind
 * @param {string} name
 * @returns {T}
 */
function checked(element, kind, name) {
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} at ${name}.`);
  return element;
}

/** The element with an id. @param {string} id */
export const at = (id) => checked(document.getElementById(id), HTMLElement, `#${id}`);

/** The element with an id, or null where the page has none. @param {string} id */
export const maybeAt = (id) => document.getElementById(id);

/** The input with an id. @param {string} id */
export const inputAt = (id) => checked(document.getElementById(id), HTMLInputElement, `#${id}`);

/** The button with an id. @param {string} id */
export const buttonAt = (id) => checked(document.getElementById(id), HTMLButtonElement, `#${id}`);

/**
 * The element with an id, of a kind.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 */
export const kindAt = (id, kind) => checked(document.getElementById(id), kind, `#${id}`);

/**
 * The first element of a selector, of a kind.
 * @template {Element} T
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => T} kind
 */
export const one = (within, selector, kind) => checked(within.querySelector(selector), kind, selector);

/** The first HTML element of a selector. @param {ParentNode} within @param {string} selector */
export const part = (within, selector) => one(within, selector, HTMLElement);

/** All HTML elements of a selector. @param {ParentNode} within @param {string} selector */
export const parts = (within, selector) => /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);

/** All inputs of a selector. @param {ParentNode} within @param {string} selector */
export const inputs = (within, selector) => /** @type {HTMLInputElement[]} */ ([...within.querySelectorAll(selector)]);

/**
 * Where an event came from: the nearest element around it of a selector, or null.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function around(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/** What an element's data attribute says, where the template always writes it. @param {HTMLElement} element @param {string} name */
export function said(element, name) {
  const value = element.dataset[name];
  if (value === undefined) throw new Error(`The page's #${element.id} has no data for ${name}.`);
  return value;
}

/** The sentence of something that was thrown. @param {unknown} thrown */
export const sentenceOf = (thrown) => (thrown instanceof Error ? thrown.message : String(thrown));
