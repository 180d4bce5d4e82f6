import { Converter, ReflectionKind } from "typedoc";
import { entryPoints } from "../scripts/entry-points.ts";

/** What users import, by the source file that stands behind it. */
const modules = new Map(entryPoints.map(({ name, source }) => [source, name]));

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
