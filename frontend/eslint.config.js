import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

// Each room may import only what lies below it. `platform` alone may know Tauri.
const rooms = ["api", "i18n", "graph", "ui", "state", "features", "views"];
const upward = (room) => {
  const at = rooms.indexOf(room);
  return rooms.slice(at + 1);
};
/** `ui` stands on i18n alone, `graph` on nothing but the wire types, `api` on the platform. */
const extra = { ui: ["state", "features", "views"], graph: ["i18n"] };

const roomRules = rooms.map((room) => ({
  files: [`src/${room}/**/*.{ts,svelte}`],
  ignores: ["src/**/*.test.ts"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          { group: ["@tauri-apps/*"], message: "only platform/ knows Tauri" },
          ...(room === "api" ? [] : [{ group: ["#platform", "**/platform/*"], message: "go through api/" }]),
          ...[...new Set([...upward(room), ...(extra[room] ?? [])])].map((above) => ({
            group: [`**/${above}/*`, `**/${above}`],
            message: `${room} lies below ${above}`,
          })),
        ],
      },
    ],
  },
}));

export default ts.config(
  { ignores: ["dist", "gallery-dist", "node_modules", "src/api/generated.ts", "src/platform/fake/recorded.ts"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, extraFileExtensions: [".svelte"] },
    },
  },
  { files: ["**/*.svelte", "**/*.svelte.ts"], languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } } },
  {
    files: ["src/**/*.{ts,svelte}"],
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { requireDefaultForNonUnion: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "svelte/no-at-html-tags": "error",
      "svelte/prefer-svelte-reactivity": "off",
      "no-eval": "error",
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@tauri-apps/*"], message: "only platform/ knows Tauri" }] },
      ],
    },
  },
  ...roomRules,
  { files: ["src/platform/tauri.ts"], rules: { "no-restricted-imports": "off" } },
  { files: ["*.{js,ts}"], languageOptions: { globals: globals.node, parserOptions: { projectService: false } } },
);
