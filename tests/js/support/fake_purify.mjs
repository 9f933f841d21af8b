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
    const pictures = [...html.matchAll(/<img src="([^"]*)"/g)].map(([, address]) => {
      const picture = document.createElement("img");
      picture.setAttribute("src", address);
      return Object.assign(picture, { remove: () => fragment.removeChild(picture) });
    });
    fragment.append(...pictures);
    /** @type {Record<string, HTMLElement[]>} */
    const found = { a: links, img: pictures };
    return Object.assign(fragment, {
      querySelectorAll: (/** @type {string} */ tag) => found[tag] ?? [],
      removeChild: (/** @type {HTMLElement} */ child) => pictures.splice(pictures.indexOf(/** @type {any} */ (child)), 1),
    });
  },
};
