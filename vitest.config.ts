import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Tests run on the sources: what `@llx/x` or `@llx/x/part` means is read from the packages' `exports`. */
const alias = ["packages", "integrations"].flatMap((folder) =>
  readdirSync(folder).flatMap((name) => {
    const root = new URL(`./${folder}/${name}/`, import.meta.url);
    const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
    return Object.entries(
      manifest.exports as Record<string, string | { import: { default: string } }>,
    ).flatMap(([path, target]) =>
      typeof target === "string"
        ? []
        : [
            {
              find: new RegExp(`^${manifest.name}${path.slice(1)}$`),
              replacement: new URL(
                target.import.default.replace("./dist/", "./src/").replace(/\.js$/, ".ts"),
                root,
              ).pathname,
            },
          ],
    );
  }),
);

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
