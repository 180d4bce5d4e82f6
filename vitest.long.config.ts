import { defineConfig } from "vitest/config";

/** What takes long or needs more than Node: a browser, many processes, many rounds. */
export default defineConfig({
  test: {
    include: ["tests/long/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", ["json", { outputFile: "node_modules/.cache/vitest/long.json" }]],
  },
});
