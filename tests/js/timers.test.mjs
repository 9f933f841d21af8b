import assert from "node:assert/strict";
import { test } from "node:test";

import { make_wall_clock } from "../../static/js/core/timers.js";

test("the wall clock keeps fractions, and is correct after sleep", () => {
  let fine = 10.25;
  let coarse = 1_000_000;
  const clock = make_wall_clock(() => fine, () => coarse);
  assert.equal(clock(), 1_000_000);
  fine += 5.5;
  coarse += 6;
  assert.equal(clock(), 1_000_005.5);
  coarse += 3_600_000;
  assert.equal(clock(), 4_600_006);
  fine += 0.25;
  assert.equal(clock(), 4_600_006.25);
});
