// A minimal terminal in a browser: xterm.js and one WebSocket to `tellina-floor serve`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const modules = new URL('../../node_modules/@xterm/xterm/', import.meta.url);
const files = {
  '/xterm.mjs': ['text/javascript', new URL('lib/xterm.mjs', modules)],
  '/xterm.css': ['text/css', new URL('css/xterm.css', modules)],
};

const page = (address) => `<!DOCTYPE html>
<meta charset="utf-8">
<link rel="stylesheet" href="/xterm.css">
<div id="terminal"></div>
<script type="module">
  import { Terminal } from '/xterm.mjs';
  const size = new URLSearchParams(location.search);
  const terminal = new Terminal({ cols: Number(size.get('columns') ?? 80), rows: Number(size.get('rows') ?? 24) });
  terminal.open(document.getElementById('terminal'));
  const socket = new WebSocket('${address.replace('http', 'ws')}');
  socket.binaryType = 'arraybuffer';
  const encoder = new TextEncoder();
  terminal.onData((text) => socket.send(encoder.encode(text)));
  socket.onmessage = ({ data }) => terminal.write(new Uint8Array(data));
  terminal.focus();
</script>`;

/** Serves the page and the floor until close(). */
export class BarePage {
  #floor;
  #server;
  address = '';

  /** @param {string} program `tellina-floor`. */
  static async open(program) {
    const bare = new BarePage();
    bare.#floor = spawn(program, ['serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: bare.#floor.stdout }), 'line');
    const floor = line.replace('listening on ', '');
    bare.#server = createServer(async (request, response) => {
      const file = files[request.url.split('?')[0]];
      response.setHeader('Content-Type', file?.[0] ?? 'text/html');
      response.end(file ? await readFile(file[1]) : page(floor));
    });
    bare.#server.listen(0, '127.0.0.1');
    await once(bare.#server, 'listening');
    bare.address = `http://127.0.0.1:${bare.#server.address().port}/`;
    return bare;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#floor.kill('SIGKILL');
    await once(this.#floor, 'exit');
  }
}
