/** In milliseconds. Small outputs are acknowledged together, at most this long after they are drawn. */
const ACKNOWLEDGE_AFTER = 50;

/** Acknowledges output once it is drawn: a large amount at once, a small one together with the output that follows. */
export class Acknowledger {
  #output;
  #timers;
  #send;
  /** @type {unknown} */
  #timer = undefined;

  /**
   * @param {object} options
   * @param {import("./output_stream.js").OutputStream} options.output
   * @param {import("./timers.js").Timers} options.timers
   * @param {((output_offset: number) => void)} options.send
   */
  constructor({ output, timers, send }) {
    this.#output = output;
    this.#timers = timers;
    this.#send = send;
  }

  /** Output has been drawn, and the connection is ready for an acknowledgement. */
  drawn() {
    if (!this.#output.acknowledgement_is_owed) return;
    if (this.#output.acknowledgement_is_due) this.#acknowledge();
    else this.#timer ??= this.#timers.set(() => this.#acknowledge(), ACKNOWLEDGE_AFTER);
  }

  /** The connection is gone: sends no acknowledgement until drawn() is called again. */
  stop() {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #acknowledge() {
    this.stop();
    if (this.#output.acknowledgement_is_owed) this.#send(this.#output.take_acknowledgement());
  }
}
