import { defineConfig } from "vitest/config";
import { entryPoints } from "./scripts/entry-points.ts";

/** Tests run on the sources. */
const alias = entryPoints.map(({ name, source }) => ({ find: new RegExp(`^${name}$`), replacement: source }));

export default defineConfig({
  test: {
    // All cores: many tests wait for processes.
    maxWorkers: "100%",
    reporters: ["default", ["json", { outputFile: "node_modules/.cache/vitest/results.json" }]],
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: ["{packages,integrations,examples}/*/src/**/*.test.ts", "tests/*.test.ts"],
          setupFiles: ["tests/no-network.ts"],
        },
      },
      {
        test: {
          name: "built",
          // These start processes and install packages.
          include: ["tests/built/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "types",
          include: [],
          benchmark: { include: [] },
          typecheck: {
            enabled: true,
            only: true,
            include: ["{packages,integrations}/*/src/**/*.test-d.ts"],
            tsconfig: "tsconfig.json",
          },
        },
      },
    ],
  },
});
