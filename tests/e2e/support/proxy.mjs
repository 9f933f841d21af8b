import { createServer, request as send } from "node:http";

/** Hop-by-hop headers, which a proxy does not pass on. */
const OF_ONE_CONNECTION = ["connection", "upgrade", "keep-alive", "proxy-connection", "te", "trailer"];

/**
 * @typedef {object} ProxySetup The proxy's configuration, which can have the mistakes of real setups.
 * @property {(path: string) => string | null} [map_path] Maps the browser's path to the server's; null: the proxy answers 404.
 *     By default the path stays the same.
 * @property {boolean} [replaces_host] The request's Host becomes the server's address, as Apache and many others do by default.
 * @property {boolean} [tells_host] Sends the browser's Host in X-Forwarded-Host.
 * @property {Record<string, string>} [headers] Headers to add to each request.
 * @property {boolean} [passes_upgrades] False: WebSocket requests arrive without Upgrade, as with nginx by default.
 * @property {boolean} [passes_cookies] False: removes Cookie and Set-Cookie.
 */

/** A reverse proxy for HTTP and WebSocket in front of a server. */
export class Proxy {
  #target;
  /** @type {Required<ProxySetup>} */
  #setup;
  #listener = createServer((request, response) => this.#pass_on(request, response));

  /** @param {string} address Of the server. @param {ProxySetup} setup */
  constructor(address, setup) {
    this.#target = new URL(address);
    this.#setup = { map_path: (path) => path, replaces_host: false, tells_host: false, headers: {}, passes_upgrades: true, passes_cookies: true, ...setup };
    if (this.#setup.passes_upgrades) this.#listener.on("upgrade", (request, socket) => this.#upgrade(request, /** @type {import("node:net").Socket} */ (socket)));
  }

  /** @returns {Promise<number>} The proxy's port. */
  async open() {
    await new Promise((resolve) => this.#listener.listen(0, "127.0.0.1", () => resolve(undefined)));
    return /** @type {import("node:net").AddressInfo} */ (this.#listener.address()).port;
  }

  async close() {
    this.#listener.closeAllConnections();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** @param {import("node:http").IncomingMessage} request @param {string} path @param {boolean} is_upgrade */
  #request_to_server(request, path, is_upgrade) {
    const { replaces_host, tells_host, passes_cookies } = this.#setup;
    const passed = Object.entries(request.headers).filter(([name]) => (is_upgrade || !OF_ONE_CONNECTION.includes(name)) && (passes_cookies || name !== "cookie"));
    const host = replaces_host ? this.#target.host : request.headers.host;
    return send({
      host: this.#target.hostname,
      port: this.#target.port,
      method: request.method,
      path,
      headers: {
        ...Object.fromEntries(passed),
        host,
        "x-forwarded-for": request.socket.remoteAddress ?? "",
        ...(tells_host && { "x-forwarded-host": request.headers.host }),
        ...this.#setup.headers,
      },
    });
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  #pass_on(request, response) {
    const path = this.#setup.map_path(request.url ?? "/");
    if (path === null) {
      response.writeHead(404, { "Content-Type": "text/html" }).end("<h1>404 Not Found</h1>");
      return;
    }
    const onward = this.#request_to_server(request, path, false);
    onward.on("response", (answer) => {
      const headers = { ...answer.headers };
      if (!this.#setup.passes_cookies) delete headers["set-cookie"];
      response.writeHead(answer.statusCode ?? 502, headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:net").Socket} near */
  #upgrade(request, near) {
    const path = this.#setup.map_path(request.url ?? "/");
    near.on("error", () => {});
    if (path === null) {
      near.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const onward = this.#request_to_server(request, path, true);
    const head = (/** @type {import("node:http").IncomingMessage} */ answer) => {
      const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
      for (let index = 0; index < answer.rawHeaders.length; index += 2) lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
      return `${lines.join("\r\n")}\r\n\r\n`;
    };
    onward.on("upgrade", (answer, far, first_bytes) => {
      near.write(head(answer));
      near.write(first_bytes);
      near.pipe(far).pipe(near);
      far.on("error", () => near.destroy());
      near.on("close", () => far.destroy());
    });
    onward.on("response", (answer) => {
      near.write(head(answer));
      answer.pipe(near);
    });
    onward.on("error", () => near.destroy());
    onward.end();
  }
}
