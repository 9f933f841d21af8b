import { register } from "node:module";

/** Makes the page's libraries available to later imports. */
register("./vendor_hooks.mjs", import.meta.url);
