// Builds all packages, or an example's dependencies; unchanged packages are not rebuilt.
// The example may be given without its scope: `build.mjs quickstart`.
import { quietly } from "./quietly.mjs";

const target = process.argv[2];
const name = target?.startsWith("@") ? target : `@llx/example-${target}`;
await quietly("Building the packages", "turbo", ["run", "build", ...(target ? [`--filter=${name}...`] : [])]);
