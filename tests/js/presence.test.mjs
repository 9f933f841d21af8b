import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { page } from "./support/fake_page.mjs";

/** @type {Map<string, string>} */
const kept = new Map();
const storage = {
  getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
  removeItem: (/** @type {string} */ key) => void kept.delete(key),
};

const { report_presence } = await import("../../static/js/app/presence.js");

/** @type {EventTarget} */
let view;
beforeEach(() => {
  view = new EventTarget();
  kept.clear();
  Object.assign(globalThis, { window: view });
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: () => storage });
});

function make() {
  /** @type {any[]} */
  const seen = [];
  report_presence(/** @type {any} */ ({ observe: (/** @type {any} */ what) => seen.push(what), leave: () => seen.push("left") }));
  return { take: () => seen.splice(0) };
}

test("reports the state at the start and after each change", () => {
  const { take } = make();
  assert.deepEqual(take(), [{ kind: "visibility", visible: true }, { kind: "focus", focused: true }]);
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  page.has_focus = false;
  view.dispatchEvent(new Event("blur"));
  assert.deepEqual(take(), [{ kind: "visibility", visible: false }, { kind: "focus", focused: false }]);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  page.has_focus = true;
  view.dispatchEvent(new Event("focus"));
  assert.deepEqual(take().slice(-2), [{ kind: "visibility", visible: true }, { kind: "focus", focused: true }]);
});

test("a closing page sends its reports, and reports its absence once when it is back", (context) => {
  let now = 50_000;
  context.mock.method(Date, "now", () => now);
  const { take } = make();
  take();
  view.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(take(), ["left"]);
  now += 3000;
  assert.deepEqual(make().take()[0], { kind: "disconnected", reason: "page left", milliseconds: 3000 });
  assert.equal(make().take()[0].kind, "visibility");
});

test("works without storage", () => {
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("denied", "SecurityError");
    },
  });
  const { take } = make();
  assert.equal(take().length, 2);
  view.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(take(), ["left"]);
});
