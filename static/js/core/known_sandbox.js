/**
 * The sandbox that this page believes is behind the terminal, and the end of the input that was typed before the page learned
 * of that sandbox. The server may lose that offset with a connection, so the page sends it again after each `welcome`.
 */
export class KnownSandbox {
  /** @type {string | null} */
  #name = null;
  /** Offset in the input stream. */
  #input_offset = 0;

  /** Null until the server names one. */
  get name() {
    return this.#name;
  }

  /** The end of the input that was typed for earlier sandboxes. */
  get input_offset() {
    return this.#input_offset;
  }

  /** Another stream. @param {string | undefined} name @param {number} input_offset Where its input begins. */
  reset(name, input_offset) {
    this.#name = name ?? null;
    this.#input_offset = input_offset;
  }

  /** No input is lost: this is the first sandbox, or the participant asked for it. @param {string} name */
  rename(name) {
    this.#name = name;
  }

  /** @param {string} name @param {number} input_offset Input below it was typed at another sandbox. */
  replace(name, input_offset) {
    this.#name = name;
    this.#input_offset = input_offset;
  }

  /**
   * Input that was never sent has moved in the stream, see InputStream.resume().
   * @param {number} end_of_sent Where it began. @param {number} moved
   */
  move(end_of_sent, moved) {
    this.#input_offset = Math.max(this.#input_offset, end_of_sent) + moved;
  }
}
