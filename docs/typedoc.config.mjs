import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Converter, ReflectionKind } from "typedoc";

/** What users import, by the source file that stands behind it. */
const modules = new Map(
  globSync("../{packages,integrations}/*/package.json", { cwd: import.meta.dirname })
    .toSorted()
    .flatMap((path) => {
      const folder = join(import.meta.dirname, dirname(path));
      const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return Object.entries(exports)
        .filter(([, target]) => typeof target === "object")
        .map(([part, target]) => [
          join(folder, target.import.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
          name + part.slice(1),
        ]);
    }),
);

/** Names each module as it is imported, not by its path. */
function nameModules(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    reflection.name = modules.get(file) ?? reflection.name;
  });
}

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  name: "API reference",
  tsconfig: "../tsconfig.json",
  entryPoints: [...modules.keys()],
  plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme", nameModules],
  out: "api",
  docsRoot: ".",
  sidebar: { autoConfiguration: true, collapsed: true },
  readme: "none",
  entryFileName: "index",
  skipErrorChecking: true,
  excludeExternals: true,
  excludePrivate: true,
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
  typeDeclarationFormat: "table",
};
