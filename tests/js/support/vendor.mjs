import { register } from "node:module";

/** Lets what is imported after this find the page's libraries. */
register("./vendor_hooks.mjs", import.meta.url);
