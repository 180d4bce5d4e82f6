/// <reference types="vitepress/client" />
import theme from "vitepress/theme-without-fonts";
import { h } from "vue";
import { data as trace } from "./trace.data.ts";
import "./style.css";

/** The default theme, with a trace next to the title of the home page. */
export default {
  ...theme,
  Layout: () => h(theme.Layout, null, { "home-hero-image": () => h("pre", { class: "hero-trace" }, trace) }),
};
