// Corrections: by keys and by buttons. A change is shown at once; when it cannot be saved, its sentence is shown and
// the spine is put back to what the server last said of it.

import { announce } from "../base.js";
import { DendriteEditing } from "./dendrite_editing.js";
import { Draft } from "./draft.js";
import { newKey } from "./keys_of_edits.js";
import { Saving } from "./saving.js";

const at = (id) => document.getElementById(id);
const DRAW = "Drag a box over the spine, or click its middle. Esc ends adding.";
const BEHIND = new Set([404, 409]); // the page shows what is no more
const NAME = "Choose the class of the new spine to save it. Esc discards the box.";

/** Whether a spine's middle lies in the box of another, which it may stand for since. */
function isAt({ box_px: [x, y, width, height] }, other) {
  if (!other) return false;
  const [left, top, across, down] = other.box_px;
  const [dx, dy] = [x + width / 2 - left, y + height / 2 - top];
  return dx >= 0 && dx <= across && dy >= 0 && dy <= down;
}

export class Review {
  #saved = new Map(); // id → what the server last said
  #guessed = new Map(); // id → how many changes of it are on their way

  /** `board` holds spines and dendrites: put, drop, choose, chosen, neighbour, spines, dendrites. `state` is "review" of spines.json. */
  constructor({ viewer, overlay, image, board, state }) {
    this.board = board;
    this.bar = at("review");
    this.state = state;
    for (const spine of board.spines()) this.#saved.set(spine.id, spine);
    this.saving = new Saving({
      csrfCookie: this.bar.dataset.csrfCookie,
      mark: (isSaving) => {
        at("look").dataset.saving = String(isSaving);
      },
    });
    this.draft = new Draft({ viewer, overlay, image, spines: board.spines, changed: () => this.show() });
    this.dendrites = new DendriteEditing({
      viewer,
      overlay,
      image,
      dendrites: board.dendrites,
      bar: this.bar,
      send: (url, fields) => this.#send(url, fields),
      state: () => this.state,
      changed: () => this.show(),
    });
    this.#listen();
    this.show();
  }

  #listen() {
    const buttons = [
      [at("undo"), () => this.undo()],
      [at("add"), () => this.add()],
      [at("mark"), () => this.mark()],
      [at("accept"), () => this.accept()],
      [at("reject"), () => this.reject()],
      [at("restore"), () => this.restore()],
      ...[...document.querySelectorAll("[data-class].button")].map((button) => [button, () => this.classify(button.dataset.class)]),
    ];
    for (const [button, act] of buttons) {
      button.addEventListener("mousedown", (event) => event.preventDefault()); // Space stays "accept"
      button.addEventListener("click", act);
    }
    for (const part of this.bar.querySelectorAll("[data-needs-script]")) part.hidden = false;
  }

  get #standing() {
    const { chosen } = this.board;
    return chosen && !chosen.rejected ? chosen : null;
  }

  classify(name) {
    if (this.draft.box) this.#saveDraft(name);
    else if (this.#standing) this.#change(this.#standing, "relabel", { reviewed_class: name, shown_class: name }, { class: name });
  }

  accept() {
    if (this.draft.isOpen) return;
    const spine = this.#standing;
    const next = this.board.neighbour(1);
    if (spine && !spine.reviewed_class) {
      this.#change(spine, "accept", { reviewed_class: spine.network_class, shown_class: spine.network_class });
    }
    this.board.choose(next);
  }

  /** Whether a box or a line is being drawn: clicks are not for choosing then. */
  get isDrawing() {
    return this.draft.isOpen || this.dendrites.isOpen;
  }

  reject() {
    if (this.board.dendrites.chosen) {
      this.dendrites.remove();
      return;
    }
    if (!this.#standing || this.draft.isOpen) return;
    const next = this.board.neighbour(1);
    this.#change(this.#standing, "reject", { rejected: true });
    this.board.choose(next);
  }

  restore() {
    if (this.board.chosen?.rejected) this.#change(this.board.chosen, "restore", { rejected: false });
  }

  async undo() {
    if (this.dendrites.isOpen) {
      this.dendrites.pen.back();
      return;
    }
    if (this.draft.isOpen) {
      this.draft.close();
      return;
    }
    if (!this.state.undoable && at("look").dataset.saving === "false") {
      announce("Nothing is left to undo.");
      return;
    }
    const body = await this.#send(this.bar.dataset.undo, { result: this.state.result });
    if (body?.spine) this.board.choose(body.spine.id);
    if (body) announce("Undone.");
  }

  add() {
    if (this.draft.isOpen) {
      this.draft.close();
      return;
    }
    this.dendrites.escape();
    this.board.choose(null);
    this.draft.open();
    at("viewer").focus({ preventScroll: true });
  }

  mark() {
    this.#send(this.bar.dataset.mark, { result: this.state.result, reviewed: String(!this.state.marked) });
  }

  async #saveDraft(name) {
    const [x_px, y_px, width_px, height_px] = this.draft.box;
    const { key } = this.draft;
    const fields = { x_px, y_px, width_px, height_px, spine_class: name, result: this.state.result, key };
    const body = await this.#send(this.bar.dataset.add, fields);
    if (!body || this.draft.key !== key) return;
    this.draft.close();
    this.board.choose(body.spine.id);
  }

  #change(spine, act, guess, fields) {
    this.#guessed.set(spine.id, (this.#guessed.get(spine.id) ?? 0) + 1);
    this.board.put([{ ...spine, ...guess }]);
    this.#send(this.bar.dataset[act].replace("/0/", `/${spine.id}/`), fields, spine.id);
  }

  /** Send, then show what the server says. Null when it failed, which has been shown too. */
  async #send(url, fields, guessedId) {
    const once = { key: newKey(), ...fields };
    try {
      const body = await this.saving.send(url, () => ({ version: this.state.version, ...once }));
      if (body) this.#settle(body, guessedId);
      return body;
    } catch (error) {
      const meant = this.#saved.get(guessedId) ?? this.board.chosen;
      if (BEHIND.has(error.status)) await this.#catchUp();
      this.#putBack(error.message, meant);
      return null;
    }
  }

  /** Others changed what stands here: show all of it as it is now. */
  async #catchUp() {
    const address = `${at("look").dataset.spines}?table`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    const body = await answer.json();
    if (!body.review) return;
    this.#guessed.clear();
    this.#settle({ ...body, spine: null, whole: true, removed: null });
  }

  #settle({ spine, spines, whole, dendrites, dendrite_table: table, removed, review }, guessedId) {
    at("review-error").hidden = true;
    const open = (this.#guessed.get(guessedId) ?? 0) - 1;
    if (open > 0) this.#guessed.set(guessedId, open);
    else this.#guessed.delete(guessedId);
    const changed = [...(spines ?? []).filter(({ id }) => id !== spine?.id), ...(spine ? [spine] : [])];
    if (whole) this.#dropOthers(new Set([...changed.map(({ id }) => id), ...this.#guessed.keys(), removed]));
    for (const row of changed) this.#saved.set(row.id, row);
    this.board.put(changed.filter(({ id }) => !this.#guessed.has(id)));
    if (dendrites) this.board.dendrites.put(dendrites);
    this.board.dendrites.putTable(table);
    if (removed !== null) {
      this.#saved.delete(removed);
      this.board.drop(removed);
    }
    const isNews = review.reviewed === review.spines && this.state.reviewed !== this.state.spines;
    this.state = review;
    this.show();
    if (isNews) announce(`All ${review.spines} spines are reviewed.`);
  }

  /** Spines that are gone, as somebody else took them back or analysed anew. */
  #dropOthers(present) {
    for (const id of [...this.#saved.keys()].filter((each) => !present.has(each))) {
      this.#saved.delete(id);
      this.board.drop(id);
    }
  }

  #putBack(sentence, meant) {
    const error = at("review-error");
    error.textContent = sentence;
    error.hidden = false;
    const ids = [...this.#guessed.keys()];
    this.#guessed.clear();
    this.board.put(ids.map((id) => this.#saved.get(id)).filter(Boolean));
    const there = this.board.spines().find(({ id }) => id === meant?.id) ?? this.board.spines().find((spine) => isAt(spine, meant));
    if (there) this.board.choose(there.id);
    this.show();
  }

  /** Escape: true when there was something to end. */
  escape() {
    const { isOpen } = this.draft;
    if (isOpen) this.draft.close();
    return isOpen || this.dendrites.escape();
  }

  /** Buttons and figures as they stand now. */
  show() {
    const { chosen } = this.board;
    const { isOpen, box } = this.draft;
    const { reviewed, spines, rejected, apart, marked, undoable } = this.state;
    const others = `${rejected ? `, ${rejected} rejected` : ""}${apart ? `, ${apart} on no dendrite, listed apart` : ""}`;
    at("review-progress").textContent = `${reviewed} of ${spines} reviewed${others}`;
    at("review-marked").textContent = marked;
    at("review-marked").hidden = !marked;
    at("mark").textContent = marked ? "Not reviewed after all" : "Mark image as reviewed";
    at("mark").classList.toggle("button-main", !marked && reviewed === spines);
    at("undo").disabled = !undoable;
    at("add").setAttribute("aria-pressed", String(isOpen));
    at("look").classList.toggle("is-adding", isOpen);
    at("chosen-none").hidden = Boolean(chosen || this.board.dendrites.chosen) || isOpen;
    at("draft-words").hidden = !isOpen;
    at("draft-words").textContent = box ? NAME : DRAW;
    at("review-tools").hidden = !chosen && !box;
    at("review-tools").classList.toggle("is-draft", Boolean(box));
    for (const button of document.querySelectorAll("[data-class].button")) {
      button.disabled = Boolean(chosen?.rejected && !box);
      button.setAttribute("aria-pressed", String(!box && chosen?.reviewed_class === button.dataset.class));
    }
    at("accept").hidden = Boolean(box || chosen?.rejected);
    at("reject").hidden = Boolean(box || chosen?.rejected);
    at("restore").hidden = Boolean(box || !chosen?.rejected);
    at("accept").disabled = Boolean(chosen?.reviewed_class);
  }
}
