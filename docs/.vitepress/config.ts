import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DefaultTheme, defineConfig } from "vitepress";
import llmstxt from "vitepress-plugin-llms";
import { readGuides } from "./guides.ts";
import { plainLinks, repositoryLinks, repository } from "./repository-links.ts";
import { packageManagers } from "./package-managers.ts";
import { packages } from "./packages.ts";
import { version } from "./project-pages.ts";
import { search } from "./search.ts";
import { symbolLinks } from "./symbol-links.ts";
import { sourceLinks } from "./source-links.ts";

const base = process.env["DOCS_BASE"] ?? "/";
const description =
  "Async jobs, traces and embeddings for TypeScript: many calls under control, nothing lost.";
const guides = readGuides().map(({ text, items }) => ({
  text,
  items: items.map(({ title, link }) => ({ text: title, link: `/${link.replace(/\.md$/, "")}` })),
}));
/** Written by typedoc, beside the pages of the reference. */
const apiSidebar = join(import.meta.dirname, "../api/typedoc-sidebar.json");

export default defineConfig({
  title: "llx",
  description,
  base,
  lang: "en-GB",
  cleanUrls: true,
  lastUpdated: false,
  // The list of guides, for those who read in the repository, is the page /guides/ here.
  rewrites: { "README.md": "guides/index.md" },
  srcExclude: ["releasing.md", "decisions/**"],
  head: [
    ["link", { rel: "icon", type: "image/svg+xml", href: `${base}logo.svg` }],
    ["meta", { name: "theme-color", content: "#0f766e" }],
    ["meta", { property: "og:title", content: "llx" }],
    ["meta", { property: "og:description", content: description }],
  ],
  markdown: {
    config: (markdown) =>
      void markdown.use(repositoryLinks).use(sourceLinks).use(symbolLinks, base).use(packageManagers),
  },
  themeConfig: {
    logo: "/logo.svg",
    nav: [
      { text: "Guides", link: "/guides/", activeMatch: "^/guides/" },
      { text: "Packages", link: "/packages/async", activeMatch: "^/packages/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
      { text: "Benchmarks", link: "/project/benchmarks" },
      { text: version === "0.0.0" ? "unreleased" : `v${version}`, link: "/project/changelog" },
    ],
    sidebar: {
      "/guides/": guides,
      "/packages/": [
        {
          text: "Packages",
          items: packages.map(({ name, slug }) => ({ text: name, link: `/packages/${slug}` })),
        },
      ],
      "/api/": [
        {
          text: "API reference",
          link: "/api/",
          items: JSON.parse(readFileSync(apiSidebar, "utf8")) as DefaultTheme.SidebarItem[],
        },
      ],
    },
    outline: { level: [2, 3] },
    search: { provider: "local", options: search },
    socialLinks: [{ icon: "github", link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: "Edit this page" },
    footer: { message: "MIT licence" },
  },
  vite: {
    // The whole reference would be most of llms-full.txt; llms.txt links its pages.
    plugins: [plainLinks(llmstxt({ ignoreFilesPerOutput: { llmsFullTxt: ["api/**", "project/**"] } }), base)],
    // The index for the search, which is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 2_000 },
  },
});
