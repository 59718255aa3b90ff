// @ts-check
// Corrections, by keys and by buttons. A change is shown at once; when it cannot be saved, its sentence is shown and the
// spine is put back to what the server last said of it.

import { announce } from "../base.js";
import { at, said } from "../dom.js";
import { chooseNone, chooseSpine, withAnswer, withFailure, withGuess, withImage } from "./changes.js";
import { withDraft, withoutDraft } from "./draft.js";
import { newKey } from "./keys_of_edits.js";
import { LineEdits } from "./line_edits.js";
import { ContourTool } from "./contour_tool.js";
import { KnotTool } from "./knot_tool.js";
import { withoutPoint } from "./pen.js";
import { withReshaping } from "./reshape.js";
import { NotSaved, Saving } from "./saving.js";
import { chosenSpine, isDrawing, neighbour, rowWith, shownAs, shownOf, UNCERTAIN, withoutDrawing } from "./state.js";

const NOTHING_TO_ACCEPT = "The network is unsure of this spine, so there is no class to accept. Give it one, or press , for “cannot say”.";
const BEHIND = new Set([404, 409]); // the page shows what is no more

/** @typedef {Record<string, string | number>} Fields */

export class Edits {
  /** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
  constructor(store, scene) {
    this.store = store;
    this.bar = at("review");
    this.saving = new Saving(said(this.bar, "csrfCookie"), (isSaving) => store.update((state) => ({ ...state, isSaving })));
    this.lines = new LineEdits(store, scene, this);
    this.contours = new ContourTool(store, scene, this);
    this.knots = new KnotTool(store, scene, this);
  }

  get #state() {
    return this.store.state;
  }

  /** The chosen spine, unless it is rejected. */
  get #standing() {
    const spine = chosenSpine(this.#state);
    return spine?.rejected ? null : spine;
  }

  /** The result that the page shows. */
  get result() {
    return { result: this.#state.review?.result ?? 0 };
  }

  /** The address of an act, which the page knows; of a row where it is about one. @param {string} act @param {number} id */
  address(act, id = 0) {
    return said(this.bar, act).replace("/0/", `/${id}/`);
  }

  /** @param {string} key The class that the chosen spine gets, or the box that is being added. */
  classify(key) {
    const spine = this.#standing;
    if (this.#state.draft?.of === null) this.#saveDraft(key);
    else if (spine) this.#change(spine, "relabel", { reviewed_class: key, shown_class: shownAs(key) }, { class: key });
  }

  accept() {
    if (isDrawing(this.#state)) return;
    const spine = this.#standing;
    const next = this.#next();
    if (spine && !spine.reviewed_class && spine.shown_class === UNCERTAIN) {
      announce(NOTHING_TO_ACCEPT);
      this.store.update((state) => ({ ...state, error: NOTHING_TO_ACCEPT }));
      return;
    }
    if (spine && !spine.reviewed_class) {
      const key = spine.shown_class;
      this.#change(spine, "accept", { reviewed_class: key, shown_class: key });
    }
    this.store.update((state) => chooseSpine(state, next));
  }

  reject() {
    if (this.#state.chosen.dendrite !== null) {
      this.lines.remove();
      return;
    }
    const spine = this.#standing;
    if (!spine || isDrawing(this.#state)) return;
    const next = this.#next();
    this.#change(spine, "reject", { rejected: true });
    this.store.update((state) => chooseSpine(state, next));
  }

  #next() {
    return neighbour(shownOf(this.#state), this.#state.chosen.spine, 1);
  }

  restore() {
    const spine = chosenSpine(this.#state);
    if (spine?.rejected) this.#change(spine, "restore", { rejected: false });
  }

  /** Take back the last point, the box that is being added, or the last edit. */
  async undo() {
    if (this.#state.contour) {
      this.contours.undo();
      return;
    }
    if (this.#state.knots) {
      this.knots.undo();
      return;
    }
    if (this.#state.pen) {
      this.store.update(withoutPoint);
      return;
    }
    if (this.#state.draft) {
      this.store.update(withoutDraft);
      return;
    }
    if (!this.#state.review?.undoable && !this.#state.isSaving) {
      announce("Nothing is left to undo.");
      return;
    }
    await this.#takeBack("undo", "Undone.");
  }

  /** Make again what was undone last. */
  async redo() {
    if (this.#state.knots) this.knots.redo();
    if (isDrawing(this.#state)) return;
    if (!this.#state.review?.redoable && !this.#state.isSaving) {
      announce("Nothing is left to redo.");
      return;
    }
    await this.#takeBack("redo", "Done again.");
  }

  /** @param {"undo" | "redo"} act @param {string} words */
  async #takeBack(act, words) {
    const answer = await this.send(this.address(act), this.result);
    const spine = answer?.spine;
    if (spine) this.store.update((state) => chooseSpine(state, spine.id));
    if (answer) announce(words);
  }

  /** Begin to add a spine, or give it up. */
  add() {
    if (this.#state.draft) {
      this.store.update(withoutDraft);
      return;
    }
    this.store.update((state) => withDraft(chooseNone(withoutDrawing(state)), null));
    at("viewer").focus({ preventScroll: true });
  }

  /** Begin to set the chosen spine's box. */
  reshape() {
    this.store.update(withReshaping);
  }

  /** Save the box that is being set. */
  saveBox() {
    const { draft } = this.#state;
    if (!draft?.box || draft.of === null) return;
    const [x_px, y_px, width_px, height_px] = draft.box;
    const guess = { id: draft.of, fields: { box_px: draft.box } };
    this.store.update((state) => withGuess(withoutDraft(state), guess));
    this.send(this.address("box", draft.of), { x_px, y_px, width_px, height_px, ...this.result, key: draft.key }, guess);
  }

  /** Let it be found where the chosen spine meets its dendrite. */
  findBase() {
    const spine = this.#standing;
    if (spine) this.send(this.address("base", spine.id), { x_px: "", y_px: "", ...this.result });
  }

  mark() {
    this.send(this.address("mark"), { ...this.result, reviewed: String(!this.#state.review?.marked) });
  }

  /** Escape: true when there was something to end. */
  escape() {
    if (!isDrawing(this.#state)) return false;
    this.store.update(withoutDrawing);
    return true;
  }

  /** @param {string} key The class. */
  async #saveDraft(key) {
    const { draft } = this.#state;
    if (!draft?.box) return;
    const [x_px, y_px, width_px, height_px] = draft.box;
    const fields = { x_px, y_px, width_px, height_px, spine_class: key, ...this.result, key: draft.key };
    const added = (await this.send(this.address("add"), fields))?.spine;
    if (added && this.#state.draft?.key === draft.key) this.store.update((state) => chooseSpine(withoutDraft(state), added.id));
  }

  /** @param {SpineRow} spine @param {string} act @param {Partial<SpineRow>} guessed @param {Fields} fields */
  #change({ id }, act, guessed, fields = {}) {
    const guess = { id, fields: guessed };
    this.store.update((state) => withGuess(state, guess));
    this.send(this.address(act, id), fields, guess);
  }

  /**
   * Send, then show what the server says. Null when it failed, which has been shown too.
   * @param {string} url
   * @param {Fields} fields
   * @param {import("./state.js").Guess | null} guess
   */
  async send(url, fields, guess = null) {
    const once = { key: newKey(), ...fields };
    const all = () => ({ version: this.#state.review?.version ?? 0, ...once });
    const asText = () => Object.fromEntries(Object.entries(all()).map(([name, value]) => [name, String(value)]));
    try {
      const answer = await this.saving.send(url, asText);
      if (answer) this.store.update((state) => withAnswer(state, answer, guess));
      return answer;
    } catch (error) {
      if (!(error instanceof NotSaved)) throw error;
      const about = guess ? rowWith(this.#state.spines, guess.id) : chosenSpine(this.#state);
      if (BEHIND.has(error.status)) await this.#catchUp();
      this.store.update((state) => withFailure(state, error.message, about));
      return null;
    }
  }

  /** Others changed what stands here: show all of it as it is now. */
  async #catchUp() {
    const address = `${said(at("look"), "spines")}?table`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    /** @type {ImageAnswer} */
    const body = await answer.json();
    this.store.update((state) => withImage(state, body));
  }
}
