import assert from "node:assert/strict";
import { test } from "node:test";

import { find_timezone } from "../../static/js/core/timezone.js";

test("names of time zones are passed on", () => {
  for (const name of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"]) {
    assert.equal(find_timezone(name), name);
  }
});

test("names that the server would refuse are not sent", () => {
  for (const name of ["", "+05:30", "/etc/passwd", "Europe//Berlin", "Europe/", "../x", "Europe/../x", "A".repeat(65)]) {
    assert.equal(find_timezone(name), undefined, name);
  }
});

test("the default is the browser's time zone", () => {
  assert.equal(find_timezone(), Intl.DateTimeFormat().resolvedOptions().timeZone);
});
