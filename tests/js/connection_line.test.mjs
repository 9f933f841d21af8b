import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { body, part } from "./support/fake_page.mjs";
import { ConnectionLine } from "../../static/js/app/connection_line.js";

/** @typedef {import("../../static/js/core/connection.js").ConnectionStatus} ConnectionStatus */

const LOST = /** @type {ConnectionStatus} */ ({ name: "lost", attempt: 1, retry_at: 3000, reason: "close 1006" });
const status = (/** @type {ConnectionStatus["name"]} */ name, attempt = 0) => ({ ...LOST, name, attempt, retry_at: 0 });
const text = () => part("connection").textContent;

beforeEach(() => {
  part("announcer").texts = [];
  body.dataset.state = "running";
});

test("is empty while connected, has one steady sentence otherwise, and announces changes", () => {
  const line = new ConnectionLine();
  line.show(status("connecting", 1));
  assert.deepEqual([text(), body.dataset.link], ["Connecting…", "starting"]);
  line.show(status("connected"));
  assert.deepEqual([text(), body.dataset.connection, body.dataset.link, part("announcer").texts], ["", "connected", "good", []]);
  const sentence = "Connection lost. Reconnecting… What you type is kept.";
  for (const next of [LOST, status("connecting", 2), status("greeting", 2), { ...LOST, attempt: 2 }, status("connecting", 3)]) {
    line.show(next);
    assert.deepEqual([text(), body.dataset.link], [sentence, "broken"]);
  }
  line.show(status("connected"));
  assert.deepEqual([text(), part("announcer").texts], ["", [sentence, "Connected again."]]);
});

test("says that it waits for a server that does not answer", () => {
  const line = new ConnectionLine();
  line.show(status("connected"));
  line.show(status("waiting"));
  assert.deepEqual([text(), body.dataset.link], ["Waiting for the server… What you type is kept.", "waiting"]);
});

test("names a cause that is not the network, as long as it lasts", () => {
  const line = new ConnectionLine();
  line.show(status("connected"));
  line.show({ ...LOST, reason: "not_found" });
  const sentence = "The study is no longer at this address. Trying again… What you type is kept.";
  assert.equal(text(), sentence);
  line.show(status("connecting", 2));
  assert.equal(text(), sentence);
  line.show({ ...LOST, reason: "no answer" });
  assert.equal(text(), "Connection lost. Reconnecting… What you type is kept.");
});

test("promises to keep input only while a task runs", () => {
  body.dataset.state = "ready";
  const line = new ConnectionLine();
  line.show(status("connected"));
  line.show(LOST);
  assert.equal(text(), "Connection lost. Reconnecting…");
});
