import { projectPages } from "../.vitepress/project-pages.ts";

/** The benchmarks and the changelog, which are kept where the work is. */
export default {
  paths: (): { params: { page: string }; content: string }[] =>
    projectPages.map(({ page, read }) => ({ params: { page }, content: read() })),
};
