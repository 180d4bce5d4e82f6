// Builds the packages, or those that the given one stands on; what has not changed is not built again.
import { quietly } from "./quietly.mjs";

const target = process.argv[2];
await quietly("Building", "turbo", ["run", "build", ...(target ? [`--filter=${target}...`] : [])]);
