import assert from "node:assert/strict";
import { test } from "node:test";

import { StepAnswers } from "../../static/js/core/step_answers.js";
import { FakeTimers } from "./support/fake_timers.mjs";

const ABOUT = { id: "about", kind: "questionnaire", number: 2, total: 9 };

function make() {
  const timers = new FakeTimers();
  /** @type {string[]} */
  const sent = [];
  const link = { is_up: true };
  const answers = new StepAnswers({
    timers,
    send: ({ step, field, value }) => {
      if (link.is_up) sent.push(`${step} ${field} ${JSON.stringify(value)}`);
      return link.is_up;
    },
  });
  return { timers, sent, link, answers, take: () => sent.splice(0) };
}

test("an answer is sent after a pause in typing, or at once, and only its last value", () => {
  const { timers, take, answers } = make();
  answers.give(ABOUT, "name", "A");
  timers.advance(200);
  answers.give(ABOUT, "name", "Ad");
  timers.advance(399);
  assert.deepEqual(take(), []);
  timers.advance(1);
  assert.deepEqual(take(), ['about name "Ad"']);
  answers.give(ABOUT, "name", "Ada");
  answers.flush();
  assert.deepEqual(take(), ['about name "Ada"']);
  timers.advance(1000);
  answers.flush();
  assert.deepEqual(take(), []);
});

test("on a new connection, the server gets the answers that it does not have", () => {
  const { link, take, answers } = make();
  answers.give(ABOUT, "years", 4);
  answers.flush();
  take();
  link.is_up = false;
  answers.give(ABOUT, "tools", ["vim"]);
  answers.give(ABOUT, "name", "Ada");
  answers.give(ABOUT, "gone", null);
  answers.flush();
  assert.deepEqual(take(), []);
  link.is_up = true;
  answers.catch_up({ ...ABOUT, answers: { years: 4, name: "Ad" } });
  assert.deepEqual(take(), ['about tools ["vim"]', 'about name "Ada"']);
});

test("answers of another step, or of the same step of another period, are not sent again", () => {
  const { take, answers } = make();
  answers.give(ABOUT, "load", 4);
  answers.flush();
  take();
  answers.catch_up({ ...ABOUT, number: 7, answers: {} });
  answers.catch_up({ ...ABOUT, answers: {} });
  assert.deepEqual(take(), []);
  answers.give(ABOUT, "load", 4);
  answers.give({ ...ABOUT, number: 7 }, "load", 5);
  answers.catch_up({ ...ABOUT, number: 7, answers: {} });
  assert.deepEqual(take(), ["about load 5"]);
  answers.give(ABOUT, "load", 6);
  answers.forget();
  answers.flush();
  answers.catch_up({ ...ABOUT, answers: {} });
  assert.deepEqual(take(), []);
});
