import { packages, readPackagePage } from "../.vitepress/packages.ts";

/** A page for each package: its README. */
export default {
  paths: (): { params: { slug: string }; content: string }[] =>
    packages.map(({ slug, folder }) => ({ params: { slug }, content: readPackagePage(folder) })),
};
