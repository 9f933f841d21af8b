import assert from "node:assert/strict";
import { test } from "node:test";

import { Identity } from "../../static/js/app/identity.js";
import { Api, ApiError } from "../../static/js/core/api.js";
import { READY } from "./support/session_parts.mjs";

/**
 * A server, and a browser that keeps the cookie of the latest login, or none.
 * @param {{keeps_cookies?: boolean}} [options]
 */
function make({ keeps_cookies = true } = {}) {
  const server = {
    keys: /** @type {Record<string, string>} */ ({ bob: "1", alice: "2" }),
    cookie: "",
    logins: 0,
    is_away: false,
    refusal: "",
    ids: /** @type {Record<string, string>} */ ({}),
  };
  const refuse = (/** @type {number} */ status, /** @type {string} */ code) => Response.json({ error: { code, message: code } }, { status });
  const fetch_function = async (/** @type {any} */ path, /** @type {any} */ { body }) => {
    if (server.is_away) throw new TypeError("Failed to fetch");
    const { pathname, searchParams } = new URL(path, "http://here");
    if (pathname === "/api/v1/login") {
      server.logins++;
      const participant = server.keys[JSON.parse(body).access_code];
      if (participant === undefined) return refuse(401, "unknown_access_code");
      if (keeps_cookies) server.cookie = participant;
      return Response.json({ participant });
    }
    if (pathname === "/api/v1/join") {
      const { parameters, browser_key } = JSON.parse(body);
      assert.equal(browser_key, "k".repeat(32));
      if (server.refusal !== "") return refuse(409, server.refusal);
      server.cookie = server.ids[parameters.id] ??= String(10 + Object.keys(server.ids).length);
      return Response.json({ participant: server.cookie });
    }
    if (server.cookie === "") return refuse(401, "not_logged_in");
    if (searchParams.get("participant") !== server.cookie) return refuse(403, "wrong_participant");
    return Response.json(READY);
  };
  const api = new Api(fetch_function);
  const identity = (/** @type {string} */ code) => new Identity(api, () => api.login(code));
  const joining = (/** @type {string} */ id) => new Identity(api, () => api.join({ id }, "k".repeat(32)));
  return { server, identity, joining };
}

test("a page whose cookie was replaced by another participant's login logs in again with its own code", async () => {
  const { server, identity } = make();
  const bob = identity("bob");
  await bob.log_in();
  assert.equal(bob.participant, "1");
  await identity("alice").log_in();
  assert.equal(await bob.authorize(false), "admitted");
  assert.deepEqual([server.cookie, server.logins], ["1", 3]);
  assert.equal(await bob.authorize(false), "admitted");
  assert.equal(server.logins, 3, "the page logged in although its cookie is valid");
  assert.equal(await bob.authorize(true), "admitted");
  assert.equal(server.logins, 4, "the page did not log in although its cookie is another participant's");
});

test("blocked cookies are detected by one more login", async () => {
  const { server, identity } = make({ keeps_cookies: false });
  const bob = identity("bob");
  await bob.log_in();
  assert.equal(await bob.authorize(false), "cookies_blocked");
  assert.equal(server.logins, 2);
});

test("an unknown code and an unreachable server are distinguished", async () => {
  const { server, identity } = make();
  const bob = identity("bob");
  await bob.log_in();
  server.cookie = "";
  server.keys = {};
  assert.equal(await bob.authorize(false), "unknown_access_code");
  server.is_away = true;
  await assert.rejects(bob.authorize(false), { name: "TypeError" });
  await assert.rejects(identity("eve").log_in(), (error) => !(error instanceof ApiError));
});

test("a page of an open link continues with its cookie, joins again without one, and reports why it may not", async () => {
  const { server, joining } = make();
  const one = joining("one");
  await one.log_in();
  assert.equal(one.participant, "10");
  const loaded_again = joining("one");
  assert.equal(await loaded_again.resume("10"), true);
  assert.equal(await joining("one").resume("11"), false, "another participant's cookie");
  server.cookie = "";
  assert.equal(await one.authorize(false), "admitted");
  for (const code of ["bad_id", "closed", "full", "already_joined"]) {
    server.cookie = "";
    server.refusal = code;
    assert.equal(await one.authorize(false), code);
  }
  server.refusal = "busy";
  await assert.rejects(one.authorize(false), { code: "busy" });
});
