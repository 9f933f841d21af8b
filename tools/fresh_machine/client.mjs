// A participant's client that uses only Node.js, for machines on which nothing else is installed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

/** Sends one HTTP request to a server (`http://HOST:PORT`); returns the status, the headers and the body as text. */
export function fetchText(server, path, { method = 'GET', headers = {}, body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(`${server}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on('error', reject).end(body);
  });
}

/** A client's frame: masked, final, with less than 64 KiB. */
function frame(opcode, payload) {
  assert.ok(payload.length < 65536);
  const mask = randomBytes(4);
  const isShort = payload.length <= 125;
  const size = isShort ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([
    Buffer.from([0x80 | opcode, ...size]),
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

/** Logs in with an access code; returns the cookie. */
export async function logIn(server, code) {
  const login = await fetchText(server, '/api/v1/login', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ access_code: code }),
  });
  assert.equal(login.status, 200, 'the login');
  return login.headers['set-cookie'][0].split(';')[0];
}

/** Upgrades to the terminal's WebSocket; the result sends frames and waits for messages. */
export function openTerminal(server, cookie) {
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
  let output = '';
  const take = (part) => {
    state.buffer = Buffer.concat([state.buffer, part]);
    for (const { opcode, payload } of framesOf(state)) {
      assert.notEqual(opcode, 8, `the server closed: ${payload.subarray(2)}`);
      if (opcode === 1) seen.push(JSON.parse(payload.toString()));
      if (opcode === 9) socket.write(frame(10, payload));
      if (opcode === 2) output += payload.subarray(8).toString('latin1');
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
    /** What the terminal has printed, a character for each byte. */
    output: () => output,
    /** Resolves once the output or the messages fulfil a condition, which is checked at each frame. */
    once: (holds) => new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    }),
    close: () => socket.destroy(),
  };
}
