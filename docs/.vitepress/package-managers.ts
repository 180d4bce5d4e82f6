import type { MarkdownRenderer } from "vitepress";

const managers = { npm: "npm install", pnpm: "pnpm add", yarn: "yarn add", bun: "bun add" };

/** Blocks that install packages with npm, in tabs for each package manager. */
export function installTabs(markdown: string): string {
  return markdown.replaceAll(/^```sh\n(npm install [^`]*?)^```$/gm, (whole, commands: string) => {
    const lines = commands.replaceAll("\\\n", "").trim().split("\n");
    if (!lines.every((line) => /^npm install [^-]/.test(line))) return whole;
    const tabs = Object.entries(managers).map(([name, command]) => {
      const same = commands.replaceAll(/^npm install/gm, command);
      return `\`\`\`sh [${name}]\n${same}\`\`\``;
    });
    return `::: code-group\n\n${tabs.join("\n\n")}\n\n:::`;
  });
}

/** A plugin of markdown-it. */
export function packageManagers(markdown: MarkdownRenderer): void {
  markdown.core.ruler.before("normalize", "package-managers", (state) => {
    state.src = installTabs(state.src);
  });
}
