/** Where tests find the libraries that the page has in vendor/. @type {[string, string][]} */
const PLACES = [
  ["/vendor/marked.mjs", "../../../node_modules/marked/lib/marked.esm.js"],
  ["/vendor/purify.mjs", "./fake_purify.mjs"],
];

/** @type {import("node:module").ResolveHook} */
export function resolve(specifier, context, next) {
  const place = PLACES.find(([end]) => specifier.endsWith(end));
  return place === undefined ? next(specifier, context) : next(new URL(place[1], import.meta.url).href, context);
}
