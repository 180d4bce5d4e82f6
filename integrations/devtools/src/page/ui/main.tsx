import { render } from "preact";
import { App } from "./app.tsx";
import { Connection } from "./connection.ts";
// oxlint-disable-next-line import/no-unassigned-import -- the bundler makes a style sheet of it
import "./page.css";

const connection = new Connection();
render(<App connection={connection} />, document.getElementById("app")!);
connection.open();
