import "./fake_page.mjs";

/** The arguments of the last call, for tests. @type {{html: string, options: any}} */
export const given = { html: "", options: {} };

/** Sanitizes nothing: there is no document here. The browser tests check sanitizing. */
export default {
  sanitize(/** @type {string} */ html, /** @type {any} */ options) {
    Object.assign(given, { html, options });
    const fragment = document.createElement("fragment");
    fragment.append(html);
    const links = [...html.matchAll(/<a /g)].map(() => document.createElement("a"));
    fragment.append(...links);
    return Object.assign(fragment, { querySelectorAll: (/** @type {string} */ tag) => (tag === "a" ? links : []) });
  },
};
