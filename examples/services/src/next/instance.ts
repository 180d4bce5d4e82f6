// The one instance of the process. Next.js bundles routes and instrumentation separately: modules are not shared, `globalThis` is.
import { CallbackManager } from "@llx/callbacks";
import { openModel } from "../open-model.ts";
import { Search } from "../search.ts";

const store: { exampleSearch?: Promise<Search> | undefined } = globalThis as never;

export function openSearch(): Promise<Search> {
  const manager = new CallbackManager();
  store.exampleSearch ??= Search.open(openModel(manager), manager).catch((error: unknown) => {
    store.exampleSearch = undefined; // the next request tries again
    throw error;
  });
  return store.exampleSearch;
}

export async function closeSearch(): Promise<void> {
  await (await store.exampleSearch)?.aclose();
}
