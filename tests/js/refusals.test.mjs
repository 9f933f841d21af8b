import assert from "node:assert/strict";
import { test } from "node:test";

import { loss_in_words, refusal_in_words, wait_for_code } from "../../static/js/app/refusals.js";
import { ApiError } from "../../static/js/core/api.js";

const ORIGIN = "https://study.example.org";

test("each cause has its own card and sentence, and only a missing answer is blamed on the network", () => {
  /** @type {[unknown, string, RegExp][]} */
  const causes = [
    ["cookies_blocked", "cookies", /Allow cookies for this site/],
    [new ApiError(403, "cross_origin", "no"), "wrong_address", /refuses pages from https:\/\/study\.example\.org.*setup of the study, not yours/],
    [new ApiError(404, "not_found", "no"), "not_found", /answers, but the study is not there.*Check your link/],
    [new ApiError(404, "", "Not Found"), "not_found", /the study is not there/],
    [new ApiError(503, "busy", "no"), "not_ready", /Try again in a minute/],
    [new ApiError(502, "", "Bad Gateway"), "not_ready", /cannot let you in right now/],
  ];
  for (const [reason, card, sentence] of causes) {
    const refusal = refusal_in_words(reason, ORIGIN);
    assert.equal(refusal.card, card);
    assert.match(refusal.sentence, sentence);
    assert.doesNotMatch(refusal.sentence, /network/);
  }
  const silence = refusal_in_words(new TypeError("Failed to fetch"), ORIGIN);
  assert.deepEqual([silence.card, silence.detail], ["unreachable", "Failed to fetch"]);
  assert.match(silence.sentence, /network may be down/);
});

test("another code helps only if this one is unknown, at once or after a wait", () => {
  assert.equal(wait_for_code("unknown_access_code"), 0);
  assert.equal(wait_for_code(new ApiError(401, "unknown_access_code", "no")), 0);
  assert.equal(wait_for_code(new ApiError(429, "too_many_failures", "no", 48)), 48);
  for (const reason of ["cookies_blocked", new ApiError(404, "", "no"), new TypeError("no")]) assert.equal(wait_for_code(reason), null);
});

test("the server's message is shown for the people who run the study", () => {
  assert.equal(refusal_in_words(new ApiError(502, "", "Bad Gateway"), ORIGIN).detail, "Bad Gateway (502)");
});

test("the connection line has its own sentence for causes other than the network", () => {
  assert.match(loss_in_words({ reason: "not_found", attempt: 1 }), /no longer at this address/);
  assert.match(loss_in_words({ reason: "cross_origin", attempt: 1 }), /does not accept this page's address/);
  assert.equal(loss_in_words({ reason: "websocket refused", attempt: 2 }), "", "the server may just have ended");
  assert.match(loss_in_words({ reason: "websocket refused", attempt: 3 }), /blocks the live connection/);
  assert.equal(loss_in_words({ reason: "close 1006", attempt: 9 }), "");
});

test("an open link that lets nobody in says why, whether a request or the connection finds out", () => {
  /** @type {[string, number, RegExp, boolean][]} */
  const causes = [
    ["bad_id", 400, /Open the study again from where you were invited/, true],
    ["closed", 403, /takes no new participants/, false],
    ["full", 403, /as many participants as it needs/, false],
    ["already_joined", 409, /in the browser in which you began/, false],
  ];
  for (const [code, status, sentence, is_final] of causes) {
    const refusal = refusal_in_words(new ApiError(status, code, "The server's words."), ORIGIN);
    assert.match(refusal.sentence, sentence);
    assert.deepEqual([refusal.card, refusal.detail, refusal.is_final ?? false], [code, code === "bad_id" ? "The server's words." : "", is_final]);
    assert.deepEqual(refusal_in_words(code, ORIGIN), { ...refusal, detail: "" });
    assert.equal(wait_for_code(code), null);
  }
});
