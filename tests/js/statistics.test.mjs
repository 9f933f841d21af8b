import assert from "node:assert/strict";
import { test } from "node:test";

import { estimateMedian, quantile } from "../../tools/performance/statistics.mjs";

const up_to = (/** @type {number} */ count) => Array.from({ length: count }, (_, index) => count - index);

test("a median has the interval that its ranks give it with at least 95 %", () => {
  // The 4th and the 12th of 15: 1 - 2 P(Binomial(15, 1/2) < 4) = 1 - 2 * 576 / 32768.
  const { confidence, ...of_15 } = estimateMedian(up_to(15));
  assert.deepEqual(of_15, { median: 8, low: 4, high: 12, count: 15 });
  assert.ok(Math.abs(confidence - (1 - 1152 / 32768)) < 1e-12);
  assert.deepEqual(estimateMedian(up_to(4)), { median: 2.5, low: 1, high: 4, count: 4, confidence: 0.875 });
  assert.deepEqual(estimateMedian([7]), { median: 7, low: 7, high: 7, count: 1, confidence: 0 });
});

test("a quantile is a measured value", () => {
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2);
  assert.equal(quantile([1, 2, 3, 4], 0.95), 4);
  assert.equal(quantile([5], 0.5), 5);
});
