import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import * as protocol from "../../static/js/core/protocol.js";
import { decode_frame, decode_message, encode_frame, MAX_FRAME_BYTES, ProtocolError } from "../../static/js/core/protocol.js";

test("a binary frame is an 8-byte big-endian offset and raw bytes", () => {
  const frame = encode_frame(0x0102030405, Uint8Array.of(0xff, 0, 0x80));
  assert.deepEqual([...frame], [0, 0, 0, 1, 2, 3, 4, 5, 0xff, 0, 0x80]);
  const { offset, bytes } = decode_frame(frame.buffer);
  assert.equal(offset, 0x0102030405);
  assert.deepEqual([...bytes], [0xff, 0, 0x80]);
});

test("offsets are exact up to 2^53 - 1 and refused beyond", () => {
  const frame = encode_frame(Number.MAX_SAFE_INTEGER, new Uint8Array());
  assert.equal(decode_frame(frame.buffer).offset, Number.MAX_SAFE_INTEGER);
  assert.throws(() => encode_frame(2 ** 53, new Uint8Array()), ProtocolError);
  assert.throws(() => encode_frame(-1, new Uint8Array()), ProtocolError);
  assert.throws(() => decode_frame(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0).buffer), ProtocolError);
});

test("frames that are too short or too long are refused", () => {
  assert.throws(() => decode_frame(new ArrayBuffer(7)), ProtocolError);
  assert.equal(encode_frame(0, new Uint8Array(MAX_FRAME_BYTES)).length, MAX_FRAME_BYTES + 8);
  assert.throws(() => encode_frame(0, new Uint8Array(MAX_FRAME_BYTES + 1)), ProtocolError);
});

test("messages of an unknown type are ignored, malformed ones are errors", () => {
  assert.equal(decode_message('{"type": "weather", "sun": true}'), null);
  assert.deepEqual(decode_message('{"type": "input_ack", "input_offset": 3, "new": 1}'), { type: "input_ack", input_offset: 3, new: 1 });
  const of_a_newer_server = '{"type": "state", "state": {"state": "resting", "state_number": 1, "task": {}}}';
  assert.deepEqual(decode_message(of_a_newer_server), JSON.parse(of_a_newer_server));
  for (const text of [
    "",
    "null",
    "[]",
    "{}",
    '{"type": 3}',
    '{"type": "input_ack"}',
    '{"type": "input_ack", "input_offset": -1}',
    '{"type": "input_ack", "input_offset": "3"}',
    '{"type": "state", "state": {"state": "ready", "state_number": 1, "task": null}}',
    '{"type": "state", "state": {"state": "step", "state_number": 1, "task": null}}',
    '{"type": "state", "state": {"state": "step", "state_number": 1, "step": {"kind": "page"}}}',
    '{"type": "state", "state": {"state": 3, "state_number": 1, "task": {}}}',
    '{"type": "solution", "id": 1}',
    '{"type": "welcome", "input_offset": 0, "output_offset": 0, "answered_offset": 0}',
    '{"type": "error", "code": "busy"}',
  ]) {
    assert.throws(() => decode_message(text), ProtocolError, text);
  }
});

test("docs/protocol.md has the same messages, codes and sizes", async () => {
  const text = await readFile(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const section = (/** @type {string} */ heading) => text.split(`\n### ${heading}\n`)[1].split("\n#")[0];
  const names = [...section("Messages from the server").matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name).filter((name) => name !== "type");
  assert.ok(names.includes("welcome"));
  for (const name of names) {
    let known = null;
    try {
      known = decode_message(JSON.stringify({ type: name }));
    } catch (error) {
      known = error;
    }
    assert.notEqual(known, null, `the page does not know ${name}`);
  }
  const codes = [...section("Close codes").matchAll(/\b\d{4}\b/g)].map(([code]) => code);
  for (const code of [protocol.CLOSE_GOING_AWAY, protocol.CLOSE_BUSY, protocol.CLOSE_REPLACED, protocol.CLOSE_LOST]) {
    assert.ok(codes.includes(String(code)), `close code ${code} is not in docs/protocol.md`);
  }
  const windows = section("Windows");
  assert.match(windows, new RegExp(`at most ${protocol.INPUT_WINDOW_BYTES / 1024} KiB of input`));
  assert.match(windows, new RegExp(`at most ${protocol.OUTPUT_WINDOW_BYTES / 1024} KiB of output`));
  for (const word of [protocol.SUBPROTOCOL, protocol.TERMINAL_PATH, protocol.LOGIN_PATH, protocol.STUDY_PATH]) {
    assert.ok(text.includes(word), `${word} is not in docs/protocol.md`);
  }
});
