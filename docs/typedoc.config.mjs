import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { Comment, Converter, ReflectionKind } from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { entryPoints } from "../scripts/entry-points.ts";
import {
  dropBareTypeParameters,
  guideList,
  mergeOverloads,
  moveSources,
  splitDefaults,
} from "./.vitepress/api-pages.ts";
import { explainParameters, orderOverloads } from "./.vitepress/api-reflections.ts";
import { readGuides } from "./.vitepress/guides.ts";
import { optionTables } from "./.vitepress/option-tables.ts";
import { uses } from "./.vitepress/symbol-uses.ts";

/** What users import, by the source file that stands behind it. */
const modules = new Map(entryPoints.map(({ name, source }) => [source, name]));

/** What a part of a package is for; the package itself says it in its package.json. */
const partDescriptions = {
  batch: "Batches of a service, which embed within hours, for less.",
  blocking: "An async function, run to its end by code that cannot await.",
  costs: "A budget in money, which models and calls share.",
  debug: "What runs and what waits, now.",
  diagnostics: "Events of the handlers, for other tools in the process.",
  files: "Uploads, lists and long downloads of an API.",
  passages: "Splits texts by tokens.",
  prices: "Prices of the providers' models, with date and source.",
  rerank: "Rerankers, which order texts by their relevance to a query.",
  shared: "Rate limits that processes share: the limiter, and what a store for it has to do.",
  testing: "For tests: a fake of the service, without a key or network.",
  tokens: "Counts tokens as the provider's models do.",
  usage: "Tokens and their cost, by model, trace and tag.",
};

function describeModule(source, name) {
  const part = name.split("/")[2];
  if (name === "@llx/embeddings/testing") {
    return "For tests: a model and a server without a service, and the suite that providers have to pass.";
  }
  if (name === "@llx/async/testing") return "The tests that every rate limiter has to pass.";
  if (part !== undefined) return partDescriptions[part];
  return JSON.parse(readFileSync(join(dirname(source), "../package.json"), "utf8")).description;
}

/** Names each module as it is imported, not by its path, and says what it is for. */
function nameModules(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    reflection.name = modules.get(file) ?? reflection.name;
    const text = describeModule(file, reflection.name);
    if (text === undefined) throw new Error(`typedoc.config.mjs does not say what ${reflection.name} is for`);
    reflection.comment = new Comment([{ kind: "text", text }]);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    orderOverloads(project);
    explainParameters(project);
  });
}

const guides = readGuides()
  .flatMap(({ items }) => items)
  .map(({ title, link }) => ({
    title,
    link,
    markdown: readFileSync(join(import.meta.dirname, link), "utf8"),
  }));

/** Pages that one reads: what they say once, options as a table, and the guides that show the symbol. */
function readablePages(app) {
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    const { model, url } = page;
    const isSymbol = model.kindOf?.(
      ReflectionKind.Function |
        ReflectionKind.Class |
        ReflectionKind.Interface |
        ReflectionKind.TypeAlias |
        ReflectionKind.Variable,
    );
    if (!isSymbol) return;
    const kind = model.kindOf(ReflectionKind.Function) ? "function" : "type";
    const above = posix.relative(posix.dirname(posix.join("api", url)), "");
    const shown = guides
      .filter(({ markdown }) => uses(markdown, model.name, kind))
      .map(({ title, link }) => ({ title, link: posix.join(above, link) }));
    const [, body, source = ""] = /^([\s\S]*?)(\[Source\]\(.*\)\n)?$/.exec(moveSources(page.contents));
    const text = splitDefaults(mergeOverloads(dropBareTypeParameters(body)));
    // An empty cell says the same.
    page.contents = `${text.trimEnd().replaceAll(/ - (?=\|$)/gm, "  ")}\n\n${optionTables(model)}${guideList(shown)}${source}`;
  });
}

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  name: "API reference",
  tsconfig: "../tsconfig.json",
  entryPoints: [...modules.keys()],
  plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme", nameModules, readablePages],
  out: "api",
  docsRoot: ".",
  sidebar: { autoConfiguration: true, collapsed: true },
  readme: "none",
  entryFileName: "index",
  skipErrorChecking: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  sort: ["kind", "alphabetical"],
  treatWarningsAsErrors: true,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  packagesRequiringDocumentation: [...modules.values()],
  requiredToBeDocumented: ["Class", "Interface", "TypeAlias"],
  hideBreadcrumbs: true,
  hidePageHeader: true,
  disableGit: true,
  basePath: "..",
  sourceLinkTemplate: "https://github.com/llx/llx/blob/main/{path}#L{line}",
  useCodeBlocks: true,
  expandObjects: true,
  expandParameters: true,
  indexFormat: "table",
  pageTitleTemplates: { member: ({ name }) => name, module: ({ name }) => name },
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  tableColumnSettings: {
    hideModifiers: true,
    hideDefaults: true,
    hideSources: true,
    hideInherited: true,
    hideOverrides: true,
  },
};
