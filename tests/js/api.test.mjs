import assert from "node:assert/strict";
import { test } from "node:test";

import { Api, ApiError, base_path } from "../../static/js/core/api.js";
import { READY } from "./support/session_parts.mjs";

/** @param {Response | Error} answer */
function make(answer) {
  /** @type {[string, RequestInit][]} */
  const asked = [];
  const fetch_function = async (/** @type {any} */ path, /** @type {any} */ options) => {
    asked.push([path, options]);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { api: new Api(fetch_function), asked };
}

test("a login sends the code as JSON, to this server alone, and gives the participant's key", async () => {
  const { api, asked } = make(Response.json({ participant: "7" }));
  assert.equal(await api.login('b"ob'), "7");
  const [path, { method, headers, body, credentials }] = asked[0];
  assert.deepEqual([path, method, body, credentials], ["/api/v1/login", "POST", '{"access_code":"b\\"ob"}', "same-origin"]);
  assert.deepEqual(headers, { "Content-Type": "application/json" });
});

test("an older server sends no key", async () => {
  assert.equal(await make(Response.json({})).api.login("bob"), "");
  assert.equal(await make(Response.json({ participant: 7 })).api.login("bob"), "");
});

test("requests name the participant, and use the path below which the page was served", async () => {
  /** @type {string[]} */
  const asked = [];
  const fetch_function = async (/** @type {any} */ path) => {
    asked.push(path);
    return Response.json(READY);
  };
  await new Api(fetch_function, "/study").study("7");
  await new Api(fetch_function, "/study").login("bob");
  assert.deepEqual(asked, ["/study/api/v1/study?participant=7", "/study/api/v1/login"]);
});

test("the base path is the part before the page's files", () => {
  assert.equal(base_path("https://host/static/js/app/main.js"), "");
  assert.equal(base_path("https://host/study/static/js/app/main.js"), "/study");
  assert.equal(base_path("https://host/a/static/b/static/js/app/main.js?x=/static/"), "/a/static/b");
  assert.equal(base_path("https://host/main.js"), "");
});

test("the study's state is never cached", async () => {
  const { api, asked } = make(Response.json(READY));
  assert.deepEqual(await api.study(""), READY);
  assert.deepEqual([asked[0][0], asked[0][1].cache], ["/api/v1/study", "no-store"]);
});

test("an answer that is not a study state is an error, not a refusal", async () => {
  const { api } = make(Response.json({ state: "ready", state_number: 1 }));
  await assert.rejects(api.study(""), (error) => error instanceof Error && !(error instanceof ApiError));
});

test("a refusal has a status, a code and a message", async () => {
  const { api } = make(Response.json({ error: { code: "unknown_access_code", message: "nobody has it" } }, { status: 401 }));
  await assert.rejects(api.login("eve"), { name: "ApiError", status: 401, code: "unknown_access_code", message: "nobody has it" });
});

test("/about needs no login, and a refusal says when to try again", async () => {
  const { api, asked } = make(Response.json({ title: "Finding files", contact: "a@example.org", records_bytes: true }));
  assert.deepEqual(await api.about(), { title: "Finding files", contact: "a@example.org", records_bytes: true });
  assert.equal(asked[0][0], "/api/v1/about");
  const busy = make(Response.json({ error: { code: "too_many_failures", message: "wait" } }, { status: 429, headers: { "Retry-After": "48" } }));
  await assert.rejects(busy.api.login("eve"), { status: 429, retry_after: 48 });
});

test("a refusal by another server has a status, too", async () => {
  const { api } = make(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  await assert.rejects(api.study(""), { name: "ApiError", status: 502, code: "", message: "Bad Gateway" });
});

test("a request is cancelled after ten seconds without an answer", async (context) => {
  /** @type {number[]} */
  const limits = [];
  const controller = new AbortController();
  context.mock.method(AbortSignal, "timeout", (/** @type {number} */ limit) => {
    limits.push(limit);
    return controller.signal;
  });
  const api = new Api((_path, options) => new Promise((_resolve, reject) => options?.signal?.addEventListener("abort", () => reject(options.signal?.reason))));
  const asked = api.study("");
  assert.deepEqual(limits, [10_000]);
  controller.abort(new DOMException("signal timed out", "TimeoutError"));
  await assert.rejects(asked, { name: "TimeoutError" });
});

test("a server that cannot be reached is not a refusal", async () => {
  const { api } = make(new TypeError("Failed to fetch"));
  await assert.rejects(api.login("bob"), { name: "TypeError", message: "Failed to fetch" });
});
