import assert from "node:assert/strict";
import { test } from "node:test";

import { Pastes } from "../../static/js/core/pastes.js";

test("reports how much of each stopped paste was sent", () => {
  const pastes = new Pastes();
  pastes.add({ stream: "s", input_offset: 0, bytes: 10 }, 0);
  pastes.add({ stream: "s", input_offset: 10, bytes: 10 }, 10);
  pastes.add({ stream: "s", input_offset: 20, bytes: 10 }, 10);
  assert.deepEqual(pastes.stop(14), [
    { stream: "s", input_offset: 10, bytes: 4 },
    { stream: "s", input_offset: 20, bytes: 0 },
  ]);
  assert.deepEqual(pastes.stop(14), [], "they are reported once");
});

test("a paste whose rest has moved keeps its offset, and its length is what was sent", () => {
  const pastes = new Pastes();
  pastes.add({ stream: "s", input_offset: 0, bytes: 10 }, 0);
  pastes.add({ stream: "s", input_offset: 10, bytes: 5 }, 0);
  pastes.move(6, 100);
  assert.deepEqual(pastes.stop(107), [
    { stream: "s", input_offset: 0, bytes: 7 },
    { stream: "s", input_offset: 110, bytes: 0 },
  ]);
});
