import js from "@eslint/js";
import globals from "globals";

const rules = {
  "eqeqeq": "error",
  "no-var": "error",
  "prefer-const": "error",
};

export default [
  js.configs.recommended,
  { files: ["static/js/**/*.js"], languageOptions: { globals: globals.browser }, rules },
  {
    files: ["static/js/core/**/*.js"],
    rules: {
      // core/ knows the wire and no page: what it needs of a browser is handed to it.
      "no-restricted-globals": ["error", "document", "window", "location", "localStorage", "sessionStorage"],
    },
  },
  {
    files: ["tests/**/*.mjs", "tools/**/*.mjs"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules,
  },
];
