import assert from "node:assert/strict";
import { test } from "node:test";

import { OutputStream } from "../../static/js/core/output_stream.js";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/** @param {OutputStream} stream @param {number} offset @param {string} text */
function receive(stream, offset, text) {
  const received = stream.receive(offset, bytes(text));
  return received.kind === "bytes" ? [received.offset, new TextDecoder().decode(received.bytes)] : received.kind;
}

test("takes bytes in order", () => {
  const stream = new OutputStream();
  assert.deepEqual(receive(stream, 0, "abc"), [0, "abc"]);
  assert.deepEqual(receive(stream, 3, "de"), [3, "de"]);
  assert.equal(stream.received, 5);
});

test("drops only bytes that it has already", () => {
  const stream = new OutputStream();
  receive(stream, 0, "abcdef");
  assert.equal(receive(stream, 0, "abc"), "known");
  assert.equal(receive(stream, 3, "def"), "known");
  assert.deepEqual(receive(stream, 4, "efgh"), [6, "gh"]);
  assert.equal(stream.received, 8);
});

test("accepts nothing after a gap", () => {
  const stream = new OutputStream();
  receive(stream, 0, "abc");
  assert.deepEqual(stream.receive(5, bytes("f")), { kind: "gap", missing: 2 });
  assert.equal(stream.received, 3);
  assert.deepEqual(receive(stream, 3, "def"), [3, "def"]);
});

test("resumes at its offset, and reports lost bytes", () => {
  const stream = new OutputStream();
  receive(stream, 0, "abc");
  stream.mark_rendered(3);
  assert.equal(stream.resume(3, 3), false);
  assert.equal(stream.resume(1, 3), false);
  assert.equal(receive(stream, 1, "bc"), "known");
  assert.equal(stream.resume(1000, 3), true);
  assert.deepEqual(receive(stream, 1000, "x"), [1000, "x"]);
});

test("an acknowledgement is due only for drawn output, in batches", () => {
  const stream = new OutputStream(4);
  receive(stream, 0, "abcdef");
  assert.equal(stream.acknowledgement_is_owed, false);
  stream.mark_rendered(3);
  assert.equal(stream.acknowledgement_is_owed, true);
  assert.equal(stream.acknowledgement_is_due, false);
  stream.mark_rendered(6);
  assert.equal(stream.acknowledgement_is_due, true);
  assert.equal(stream.take_acknowledgement(), 6);
  assert.equal(stream.acknowledgement_is_owed, false);
});

test("never acknowledges more than it has received", () => {
  const stream = new OutputStream();
  receive(stream, 0, "abc");
  stream.mark_rendered(100);
  assert.equal(stream.take_acknowledgement(), 3);
});

test("the last acknowledgement is due again on a new connection", () => {
  const stream = new OutputStream();
  receive(stream, 0, "abc");
  stream.mark_rendered(3);
  stream.take_acknowledgement();
  stream.resume(3, 0);
  assert.equal(stream.acknowledgement_is_owed, true);
  assert.equal(stream.take_acknowledgement(), 3);
});

test("knows which part of the output is a replay", () => {
  const stream = new OutputStream();
  stream.reset(0, 10);
  assert.equal(stream.replayed_part(0, 4), 4);
  assert.equal(stream.replayed_part(8, 4), 2);
  assert.equal(stream.replayed_part(10, 4), 0);
  assert.equal(stream.replayed_part(50, 4), 0);
  stream.resume(0, 12);
  assert.equal(stream.replayed_part(8, 8), 4);
  stream.reset(0, 0);
  assert.equal(stream.replayed_part(0, 4), 0);
});
