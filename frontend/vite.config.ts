import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The product is built over Tauri. Only the dev server, the gallery and the tests may stand on the fake, and the
// choice is made here, at build time: a product bundle does not contain a line of it.
export default defineConfig(({ command, mode }) => {
  const fake = command === "serve" && mode !== "production" && process.env["CHANGEOVER_DEV_SHELL"] === undefined;
  const gallery = mode === "gallery";
  const platform = fake || gallery || mode === "test" ? "./src/platform/fake.ts" : "./src/platform/tauri.ts";
  return {
    plugins: [svelte(), ...(mode === "test" ? [svelteTesting()] : [])],
    resolve: {
      alias: { "#platform": fileURLToPath(new URL(platform, import.meta.url)) },
    },
    clearScreen: false,
    server: { port: 5173, strictPort: true, host: "127.0.0.1" },
    build: {
      target: "safari16.4",
      // No data: fonts and no inlined assets: the content security policy allows fonts from self only.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
      ...(gallery ? { outDir: "gallery-dist", rolldownOptions: { input: "gallery.html" } } : {}),
    },
    test: {
      environment: "happy-dom",
      include: ["src/**/*.test.ts"],
      setupFiles: ["./src/test-setup.ts"],
      restoreMocks: true,
      testTimeout: 60_000,
    },
  };
});
