// Visits a running server like a participant's browser, using only Node.js:
//   node visit.mjs http://127.0.0.1:PORT pass|look
// pass: logs in as bob, starts task 1, types its answer and sees it passed. look: sees that bob is at task 2. At the first
// failure, ends with status 1 and a message.
import assert from 'node:assert/strict';

import { fetchText, logIn, openTerminal } from './client.mjs';

const deadlineInMilliseconds = 30_000;
const [, , server, step] = process.argv;
setTimeout(() => {
  console.error(`visit: timed out after ${deadlineInMilliseconds} ms`);
  process.exit(1);
}, deadlineInMilliseconds).unref();

const page = await fetchText(server, '/static/html/index.html?access_code=bob');
assert.equal(page.status, 200, 'the page');
assert.match(page.headers['content-type'], /^text\/html/);
for (const [, path] of page.text.matchAll(/(?:src|href)="([^"#:]+)"/g)) {
  const part = await fetchText(server, new URL(path, `${server}/static/html/index.html`).pathname);
  assert.equal(part.status, 200, `a file of the page: ${path}`);
}

const cookie = await logIn(server, 'bob');
const study = await fetchText(server, '/api/v1/study', { headers: { Cookie: cookie } });
assert.equal(study.status, 200, 'the study');

const terminal = await openTerminal(server, cookie);
terminal.tell({ type: 'hello', columns: 80, rows: 24, output_offset: 0 });
const welcome = await terminal.until((message) => message.type === 'welcome');
if (step === 'pass') {
  assert.equal(welcome.state.state, 'ready');
  assert.equal(welcome.state.task.number, 1);
  terminal.tell({ type: 'start_task', id: 1, task: 1 });
  const started = await terminal.until((message) => message.type === 'welcome' && message.id === 1);
  terminal.type(started.input_offset, 'echo hello world\r');
  await terminal.until((message) => message.type === 'state' && message.state.previous?.state === 'passed');
} else {
  assert.equal(welcome.state.task.number, 2);
  assert.deepEqual(welcome.state.previous, { number: 1, state: 'passed' });
}
terminal.close();
console.log(`visit: page, login, WebSocket and ${step === 'pass' ? 'task 1' : 'the record of task 1'}: good`);
