/** Small outputs are acknowledged together, at most this many milliseconds after they have been drawn. */
const ACKNOWLEDGE_AFTER = 50;

/** Tells the server how much of its output has been drawn: at once when much is owed, else together with what comes soon. */
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

  /** Something has been drawn, on a connection on which that may be said. */
  drawn() {
    if (!this.#output.acknowledgement_is_owed) return;
    if (this.#output.acknowledgement_is_due) this.#acknowledge();
    else this.#timer ??= this.#timers.set(() => this.#acknowledge(), ACKNOWLEDGE_AFTER);
  }

  /** Nothing may be said now. */
  stop() {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #acknowledge() {
    this.stop();
    if (this.#output.acknowledgement_is_owed) this.#send(this.#output.take_acknowledgement());
  }
}
