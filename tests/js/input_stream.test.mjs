import assert from "node:assert/strict";
import { test } from "node:test";

import { InputStream } from "../../static/js/core/input_stream.js";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/** @param {InputStream} stream @returns {[number, string][]} */
function take_all(stream) {
  /** @type {[number, string][]} */
  const frames = [];
  for (let frame = stream.take(); frame !== null; frame = stream.take()) {
    frames.push([frame.offset, new TextDecoder().decode(frame.bytes)]);
  }
  return frames;
}

test("hands out input once, with its offset", () => {
  const stream = new InputStream();
  stream.write(bytes("ls"));
  stream.write(bytes(""));
  assert.deepEqual(take_all(stream), [[0, "ls"]]);
  stream.write(bytes("\r"));
  assert.deepEqual(take_all(stream), [[2, "\r"]]);
  assert.deepEqual(take_all(stream), []);
  assert.equal(stream.end, 3);
  assert.equal(stream.ever_sent, 3);
});

test("never sends more than one window ahead of the acknowledgements", () => {
  const stream = new InputStream(10);
  stream.write(bytes("0123456789abcdef"));
  assert.deepEqual(take_all(stream), [[0, "0123456789"]]);
  stream.acknowledge(4);
  assert.deepEqual(take_all(stream), [[10, "abcd"]]);
  stream.acknowledge(4);
  assert.deepEqual(take_all(stream), []);
  stream.acknowledge(14);
  assert.deepEqual(take_all(stream), [[14, "ef"]]);
});

test("cuts a large paste into frames of at most 64 KiB", () => {
  const stream = new InputStream(1_000_000);
  const paste = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
  stream.write(paste);
  const frames = [];
  for (let frame = stream.take(); frame !== null; frame = stream.take()) frames.push(frame);
  assert.deepEqual(frames.map((frame) => frame.bytes.length), [65536, 65536, 65536, 3392]);
  const joined = Buffer.concat(frames.map((frame) => frame.bytes));
  assert.ok(joined.equals(paste));
});

test("hands out at most what it is asked for", () => {
  const stream = new InputStream();
  stream.write(bytes("before"));
  take_all(stream);
  stream.write(bytes(" and after"));
  stream.resume(2);
  assert.equal(Buffer.from(stream.take(6)?.bytes ?? []).toString(), "fore");
  assert.equal(stream.take(6), null);
  assert.equal(stream.take(2), null);
  assert.deepEqual(take_all(stream), [[6, " and after"]]);
});

test("after a reconnect it sends exactly what the server lacks", () => {
  const stream = new InputStream();
  stream.write(bytes("hello"));
  take_all(stream);
  stream.acknowledge(1);
  stream.write(bytes(" world"));
  stream.resume(3);
  assert.deepEqual(take_all(stream), [[3, "lo world"]]);
  stream.acknowledge(11);
  assert.equal(stream.acknowledged, 11);
  stream.resume(11);
  assert.deepEqual(take_all(stream), []);
});

test("sent input still counts as sent for hello while it is sent again", () => {
  const stream = new InputStream();
  stream.write(bytes("hello"));
  take_all(stream);
  stream.resume(0);
  assert.equal(stream.ever_sent, 5);
  assert.deepEqual(take_all(stream), [[0, "hello"]]);
});

test("drops bytes that a dead owner may have, and keeps unsent input", () => {
  const stream = new InputStream();
  stream.write(bytes("sent"));
  take_all(stream);
  stream.write(bytes("kept"));
  stream.resume(4);
  assert.deepEqual(take_all(stream), [[4, "kept"]]);
});

test("moves unsent input behind the input of another page", () => {
  const stream = new InputStream();
  stream.write(bytes("sent"));
  take_all(stream);
  stream.write(bytes("kept"));
  stream.resume(100);
  assert.deepEqual(take_all(stream), [[100, "kept"]]);
  assert.equal(stream.end, 104);
});

test("continues at the server's offset, even before its last acknowledgement", () => {
  const stream = new InputStream();
  stream.write(bytes("acknowledged"));
  take_all(stream);
  stream.acknowledge(12);
  stream.write(bytes("new"));
  stream.resume(5);
  assert.deepEqual(take_all(stream), [[5, "new"]]);
});

test("an acknowledgement beyond the sent input frees only the sent input", () => {
  const stream = new InputStream();
  stream.write(bytes("ab"));
  take_all(stream);
  stream.write(bytes("cd"));
  stream.acknowledge(1000);
  assert.equal(stream.acknowledged, 2);
  assert.deepEqual(take_all(stream), [[2, "cd"]]);
});

test("an acknowledgement during a resend skips what it covers", () => {
  const stream = new InputStream();
  stream.write(bytes("abcdef"));
  take_all(stream);
  stream.resume(0);
  stream.acknowledge(4);
  assert.deepEqual(take_all(stream), [[4, "ef"]]);
});

test("reports the progress of a paste larger than the window, and drops its unsent part", () => {
  const stream = new InputStream(10);
  stream.write(bytes("0123456789"));
  assert.equal(stream.backlog, null);
  stream.write(bytes("abcde"));
  assert.deepEqual(stream.backlog, { done: 0, total: 15 });
  take_all(stream);
  stream.acknowledge(4);
  assert.deepEqual(stream.backlog, { done: 4, total: 15 });
  stream.drop_unsent();
  assert.deepEqual(stream.backlog, { done: 4, total: 10 });
  assert.deepEqual(take_all(stream), []);
  stream.acknowledge(10);
  assert.equal(stream.backlog, null);
  stream.write(bytes("f"));
  assert.deepEqual(take_all(stream), [[10, "f"]]);
});

test("cancels unsent input, and resends the sent part after a reconnect", () => {
  const stream = new InputStream(4);
  stream.write(bytes("0123456789"));
  stream.write(bytes("abc"));
  assert.deepEqual(take_all(stream), [[0, "0123"]]);
  stream.drop_unsent();
  assert.equal(stream.end, 4);
  stream.resume(1);
  assert.deepEqual(take_all(stream), [[1, "123"]]);
});

test("another stream gets no input of the old one", () => {
  const stream = new InputStream();
  stream.write(bytes("old"));
  stream.reset(7);
  stream.write(bytes("new"));
  assert.deepEqual(take_all(stream), [[7, "new"]]);
});

test("any mix of reconnects and acknowledgements delivers the bytes in order", () => {
  let seed = 12345;
  const random = (/** @type {number} */ below) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  for (let round = 0; round < 200; round++) {
    const stream = new InputStream(16);
    const typed = [];
    /** @type {number[]} */
    const got = [];
    for (let step = 0; step < 100; step++) {
      const action = random(4);
      if (action === 0) {
        const piece = Uint8Array.from({ length: random(9) }, () => random(256));
        typed.push(...piece);
        stream.write(piece);
      } else if (action === 1) {
        const frame = stream.take();
        assert.ok(stream.ever_sent - stream.acknowledged <= 16);
        if (frame === null || random(3) === 0) continue; // lost on its way
        if (frame.offset <= got.length) got.splice(frame.offset, frame.bytes.length, ...frame.bytes);
      } else if (action === 2) {
        stream.acknowledge(Math.min(got.length, stream.acknowledged + random(5)));
      } else {
        stream.resume(got.length);
      }
    }
    stream.resume(got.length);
    for (let frame = stream.take(); frame !== null; frame = stream.take()) {
      got.push(...frame.bytes);
      stream.acknowledge(got.length);
    }
    assert.deepEqual(got, typed);
  }
});
