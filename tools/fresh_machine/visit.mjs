// Visits a running server like a participant's browser, using only Node.js:
//   node visit.mjs http://127.0.0.1:PORT pass|look
// pass: logs in as bob, starts task 1, types its answer and sees it passed. look: sees that bob is at task 2. At the first
// failure, ends with status 1 and a message.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

const deadlineInMilliseconds = 30_000;
const [, , server, step] = process.argv;
setTimeout(() => {
  console.error(`visit: timed out after ${deadlineInMilliseconds} ms`);
  process.exit(1);
}, deadlineInMilliseconds).unref();

/** Sends one HTTP request; returns the status, the headers and the body as text. */
function fetchText(path, { method = 'GET', headers = {}, body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(`${server}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on('error', reject).end(body);
  });
}

/** A client's frame: masked, final, with at most 125 bytes. */
function frame(opcode, payload) {
  assert.ok(payload.length <= 125);
  const mask = randomBytes(4);
  return Buffer.concat([
    Buffer.from([0x80 | opcode, 0x80 | payload.length]),
    mask,
    payload.map((byte, index) => byte ^ mask[index % 4]),
  ]);
}

/** Removes complete server frames from the front of a buffer. */
function* framesOf(state) {
  while (state.buffer.length >= 2) {
    let length = state.buffer[1] & 0x7f;
    let start = 2;
    if (length === 126) [length, start] = [state.buffer.length < 4 ? Infinity : state.buffer.readUInt16BE(2), 4];
    else if (length === 127) [length, start] = [state.buffer.length < 10 ? Infinity : Number(state.buffer.readBigUInt64BE(2)), 10];
    if (state.buffer.length < start + length) return;
    yield { opcode: state.buffer[0] & 0x0f, payload: state.buffer.subarray(start, start + length) };
    state.buffer = state.buffer.subarray(start + length);
  }
}

/** Upgrades to the terminal's WebSocket; the result sends frames and waits for messages. */
function openTerminal(cookie) {
  return new Promise((resolve, reject) => {
    const asked = request(`${server}/api/v1/terminal`, {
      headers: {
        Connection: 'Upgrade', Upgrade: 'websocket', Cookie: cookie, Origin: server,
        'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        'Sec-WebSocket-Protocol': 'tellina.v1',
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => reject(new Error(`the upgrade was answered ${response.statusCode}, expected 101`)));
    asked.on('upgrade', (response, socket, head) => {
      assert.equal(response.headers['sec-websocket-protocol'], 'tellina.v1');
      resolve(terminalOn(socket, head));
    });
    asked.end();
  });
}

function terminalOn(socket, head) {
  const state = { buffer: head };
  const waiting = new Set();
  const seen = [];
  const take = (part) => {
    state.buffer = Buffer.concat([state.buffer, part]);
    for (const { opcode, payload } of framesOf(state)) {
      assert.notEqual(opcode, 8, `the server closed: ${payload.subarray(2)}`);
      if (opcode === 1) seen.push(JSON.parse(payload.toString()));
    }
    for (const look of waiting) look();
  };
  socket.on('data', take);
  take(Buffer.alloc(0));
  return {
    tell: (message) => socket.write(frame(1, Buffer.from(JSON.stringify(message)))),
    type: (offset, text) => {
      const place = Buffer.alloc(8);
      place.writeBigUInt64BE(BigInt(offset));
      socket.write(frame(2, Buffer.concat([place, Buffer.from(text)])));
    },
    /** The first message, past or future, for which `fits` holds. */
    until: (fits) => new Promise((resolve) => {
      const look = () => {
        const found = seen.find(fits);
        if (found !== undefined) {
          waiting.delete(look);
          resolve(found);
        }
      };
      waiting.add(look);
      look();
    }),
    close: () => socket.destroy(),
  };
}

const page = await fetchText('/static/html/index.html?access_code=bob');
assert.equal(page.status, 200, 'the page');
assert.match(page.headers['content-type'], /^text\/html/);
for (const [, path] of page.text.matchAll(/(?:src|href)="([^"#:]+)"/g)) {
  const part = await fetchText(new URL(path, `${server}/static/html/index.html`).pathname);
  assert.equal(part.status, 200, `a file of the page: ${path}`);
}

const login = await fetchText('/api/v1/login', {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ access_code: 'bob' }),
});
assert.equal(login.status, 200, 'the login');
const cookie = login.headers['set-cookie'][0].split(';')[0];
const study = await fetchText('/api/v1/study', { headers: { Cookie: cookie } });
assert.equal(study.status, 200, 'the study');

const terminal = await openTerminal(cookie);
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
