// Writes the package of a new embedding provider: `npm run new:integration -- <name> [--openai-compatible] [--title <words>]`.
// The name is that of the provider (`acme`) or of its package (`embeddings-acme`, `@llx/embeddings-acme`).
// It copies `integration-template`, whose code is for a provider named `sample-provider`, and installs what is missing: the
// tools before, and links for the new package after (`--no-install` leaves both to you).
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { quietly } from "./quietly.mjs";

const usage = "npm run new:integration -- <name> [--openai-compatible] [--title <words>] [--no-install]";
const root = fileURLToPath(new URL("../", import.meta.url));
const template = fileURLToPath(new URL("integration-template/", import.meta.url));

const { name, title, kind, install } = readArguments();
const folder = `integrations/embeddings-${name}`;
const changeset = `.changeset/embeddings-${name}.md`;
const taken = [folder, changeset].find((path) => existsSync(join(root, path)));
if (taken !== undefined) fail(`${taken} already exists: choose another name, or remove it first`);
if (install) await quietly("Installing the workspace", process.execPath, ["scripts/install.mjs"]);
if (!existsSync(join(root, "node_modules/.bin/oxfmt")))
  fail("the workspace is not installed: run it without --no-install");

const files = new Map([
  ...["package.json", "tsconfig.json", "tsup.config.ts"].map((path) => [`${folder}/${path}`, read(path)]),
  ...readdirSync(join(template, kind), { recursive: true, encoding: "utf8" })
    .filter((path) => extname(path) !== "")
    .map((path) => [`${folder}/${rename(path)}`, read(`${kind}/${path}`)]),
  [changeset, read("changeset.md")],
  ["tsconfig.json", withPaths(readRoot("tsconfig.json"))],
  ["README.md", withRow(readRoot("README.md"))],
]);
for (const [path, text] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
await quietly("Formatting", "oxfmt", [folder, "tsconfig.json"]);
if (install) await quietly("Linking the new package", "pnpm", ["install", "--no-frozen-lockfile"]);
console.log(`
${[...files.keys()].join("\n")}

Next, by the guide docs/guides/new-integration.md:${install ? "" : "\n  npx pnpm install"}
  npm run test:unit -- ${folder}
  grep -rnE "Fill in:|sample-|\\.${name}\\.example" ${folder} ${changeset} --exclude-dir=node_modules
  # Three places by hand:
  README.md (what it is, in the table of packages)
  packages/embeddings/README.md (its line in the list)
  docs/guides/providers.md (its rows in two tables)
  # Last:
  npm run test:unit -- ${folder} tests/integrations.test.ts tests/providers-table.test.ts
  npm run typecheck
  npm run format && npm run check:changesets && npm run check`);

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        "openai-compatible": { type: "boolean" },
        title: { type: "string" },
        "no-install": { type: "boolean" },
      },
    });
    if (positionals.length !== 1) throw new Error(`one name is needed, and ${positionals.length} were given`);
    const provider = checkName(positionals[0]);
    return {
      name: provider,
      title: checkTitle(values.title ?? words(provider).map(capital).join(" ")),
      kind: values["openai-compatible"] ? "openai-compatible" : "plain",
      install: !values["no-install"],
    };
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

/** The provider's name, also from its package's name: it names files, and in camel case a function. */
function checkName(given) {
  const provider = given.replace(/^(@llx\/)?embeddings-/, "");
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(provider) || provider.length > 40) {
    throw new Error(
      `a name has lower-case letters and digits, begins with a letter, may join words with single hyphens, and has at most 40 ` +
        `characters, as in together-ai; not ${JSON.stringify(given)}`,
    );
  }
  return provider;
}

/** Used in strings, comments and tables. */
function checkTitle(given) {
  if (/^[\p{L}\p{N}][\p{L}\p{N} .&+-]*$/u.test(given) && given.length <= 40) return given;
  throw new Error(
    `a title has letters, digits, spaces and . & + - only, and at most 40 characters; not ${JSON.stringify(given)}`,
  );
}

function words(text) {
  return text.split("-");
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

/** Replaces the sample's name in each of its forms by the provider's. */
function rename(text) {
  const pascal = words(name).map(capital).join("");
  return text
    .replaceAll("sample-provider", name)
    .replaceAll("sampleProvider", pascal[0].toLowerCase() + pascal.slice(1))
    .replaceAll("SampleProvider", pascal)
    .replaceAll("SAMPLE_PROVIDER", name.toUpperCase().replaceAll("-", "_"))
    .replaceAll("Sample Provider", title);
}

function read(path) {
  return rename(readFileSync(join(template, path), "utf8"));
}

function readRoot(path) {
  return readFileSync(join(root, path), "utf8");
}

/** Lets the compiler, and the editor, find the sources. */
function withPaths(text) {
  const config = JSON.parse(text);
  for (const entry of ["index", "testing"]) {
    const imported = `@llx/embeddings-${name}${entry === "index" ? "" : `/${entry}`}`;
    config.compilerOptions.paths[imported] = [`./${folder}/src/${entry}.ts`];
  }
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** After the last service in the table of packages: models on this machine follow. */
function withRow(text) {
  const end = text.indexOf("| [`@llx/embeddings-local`]");
  if (end === -1) fail("README.md has no row of @llx/embeddings-local in its table of packages");
  return `${text.slice(0, end)}| [\`@llx/embeddings-${name}\`](${folder}) | ${title} |\n${text.slice(end)}`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
