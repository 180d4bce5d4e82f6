// What each published package adds to a bundle: its main entry, minified and gzipped, in kB of 1,000 bytes.
// `sizes.mjs` prints that beside the budgets, and fails for a package above its own or without one;
// `sizes.mjs --badges` prints the badges of the READMEs, `sizes.mjs --files <package>` the size of each file.
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** In kB, without dependencies. This is their only definition. */
const budgets = {
  "@llx/callbacks": 20.5,
  "@llx/async": 32,
  "@llx/http": 15.5,
  "@llx/embeddings": 25,
  "@llx/embeddings-ai-sdk": 8,
  "@llx/embeddings-langchain": 6.5,
  "@llx/embeddings-batch": 19.5,
  "@llx/embeddings-bedrock": 3.5,
  "@llx/embeddings-local": 7.5,
  "@llx/embeddings-ollama": 2.5,
  "@llx/callbacks-opentelemetry": 8.5,
  "@llx/jobs-pgboss": 17,
  "@llx/limits-redis": 7,
  "@llx/devtools": 33,
  "@llx/limits-postgres": 9,
};

/** The budget of any other integration. */
const integrationBudget = 2;

const budgetOf = ({ folder, manifest: { name } }) =>
  budgets[name] ?? (folder.startsWith("integrations/") ? integrationBudget : undefined);

/** What most programs import of the core packages, and its budget in a bundle, which omits the rest. */
const cores = {
  "@llx/callbacks": { imports: "CallbackManager, traced, setGlobalHandlers", budget: 12.5 },
  "@llx/async": { imports: "runJobs, mapJobs, Semaphore", budget: 26 },
};

const packages = globSync("{packages,integrations}/*/package.json")
  .map((path) => ({ folder: dirname(path), manifest: JSON.parse(readFileSync(path, "utf8")) }))
  .filter(({ manifest }) => !manifest.private)
  .toSorted((one, other) => (one.manifest.name < other.manifest.name ? -1 : 1));

const entryOf = ({ folder, manifest }) => `${folder}/${manifest.exports["."].import.default}`;

/** The third-party dependencies of our packages. */
const theirs = new Set(
  packages
    .flatMap(({ manifest }) =>
      Object.keys({
        ...manifest.dependencies,
        ...manifest.peerDependencies,
        ...manifest.optionalDependencies,
      }),
    )
    .filter((name) => !name.startsWith("@llx/")),
);

/**
 * @param stays which imports are excluded: those of all packages, or only third-party ones
 * @param imports what is imported of it; everything by default
 */
async function bundle(entryPoint, stays, imports = "*") {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export ${imports === "*" ? "*" : `{ ${imports} }`} from "./${entryPoint}";`,
      resolveDir: ".",
    },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: "node",
    target: "node22",
    format: "esm",
    ...(stays === "all" ? { packages: "external" } : { external: [...theirs] }),
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return { bytes: gzipSync(outputFiles[0].contents, { level: 9 }).length, inputs };
}

/** A line of the table, and whether its package is within its budget. */
function row({ folder, manifest: { name } }, bytes, budget, note) {
  const size = bytes / 1000;
  const problem =
    budget === undefined
      ? "  NO BUDGET: give it one in scripts/sizes.mjs"
      : size > budget
        ? `  TOO LARGE: node scripts/sizes.mjs --files ${folder}`
        : "";
  const columns = [size.toFixed(1).padStart(8), String(budget ?? "–").padStart(8)];
  return { line: name.padEnd(30) + columns.join("") + note + problem, isGood: problem === "" };
}

async function sizeOf(each) {
  const [alone, together] = await Promise.all([
    bundle(entryOf(each), "all"),
    bundle(entryOf(each), "theirs"),
  ]);
  return row(each, alone.bytes, budgetOf(each), (together.bytes / 1000).toFixed(1).padStart(11));
}

/** The same for what most programs import of a core package. */
async function coreSizeOf(each) {
  const { imports, budget } = cores[each.manifest.name];
  const { bytes } = await bundle(entryOf(each), "all", imports);
  return row(each, bytes, budget, `  ${imports}`);
}

async function printSizes() {
  const sizes = await Promise.all([
    ...packages.map(sizeOf),
    ...packages.filter(({ manifest }) => manifest.name in cores).map(coreSizeOf),
  ]);
  console.log(`${"package".padEnd(30)}    size  budget  with ours, or what is imported`);
  for (const { line } of sizes) console.log(line);
  if (!sizes.every(({ isGood }) => isGood)) process.exitCode = 1;
}

async function printFiles(folder) {
  const { bytes, inputs } = await bundle(`${folder}/src/index.ts`, "all");
  const rows = Object.entries(inputs).toSorted(
    ([, one], [, other]) => other.bytesInOutput - one.bytesInOutput,
  );
  for (const [path, { bytesInOutput }] of rows) console.log(String(bytesInOutput).padStart(7), path);
  console.log(`${bytes} bytes gzipped`);
}

const [flag, folder] = process.argv.slice(2);
if (flag === "--badges") {
  for (const each of packages) {
    const { name, engines } = each.manifest;
    const node = engines.node.replace(/^>=(\d+\.\d+)\.\d+$/, "$1");
    const size = `![size](https://img.shields.io/badge/min%2Bgzip-%E2%89%A4_${budgetOf(each)}_kB-blue)`;
    console.log(`${name} ${size} ![node](https://img.shields.io/badge/node-%E2%89%A5_${node}-blue)`);
  }
} else if (flag === "--files" && folder !== undefined) {
  await printFiles(folder);
} else {
  await printSizes();
}
