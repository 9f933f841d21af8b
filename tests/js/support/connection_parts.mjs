import { Connection } from "../../../static/js/core/connection.js";
import { FakeSockets } from "./fake_socket.mjs";
import { FakeTimers, settle } from "./fake_timers.mjs";

/** @typedef {import("../../../static/js/core/connection.js").Verdict} Verdict */

/** A connection with the test as its server. @param {{authorize?: (logs_in_first: boolean) => Promise<Verdict>, random?: () => number, is_online?: () => boolean}} [options] */
export function make_connection({ authorize = async () => "admitted", random = () => 1, is_online = () => true } = {}) {
  const sockets = new FakeSockets();
  const timers = new FakeTimers();
  /** @type {string[]} */
  const events = [];
  /** @type {(string | ArrayBuffer)[]} */
  const frames = [];
  const connection = new Connection(
    { url: () => "ws://here/api/v1/terminal", open_socket: sockets.open, authorize, timers, random, is_online },
    {
      on_open: () => events.push("open"),
      on_frame: (frame) => {
        if (frame === '"broken"') throw new Error("a frame that cannot be read");
        frames.push(frame);
      },
      on_closed: () => events.push("closed"),
      on_status: ({ name, attempt }) => events.push(`${name} ${attempt}`),
    },
  );
  const take_events = () => events.splice(0);
  const connect = async () => {
    connection.start();
    await settle();
    sockets.last.open();
    connection.welcomed();
    take_events();
  };
  return { connection, sockets, timers, frames, take_events, connect };
}
