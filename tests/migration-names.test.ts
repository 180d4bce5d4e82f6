import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { blocksOf } from "./markdown-blocks.ts";

const guide = "docs/guides/from-llamaindex-python.md";

/** The packages whose names the guide tells. */
const packages = [
  "@llx/callbacks",
  "@llx/callbacks/diagnostics",
  "@llx/callbacks/usage",
  "@llx/async",
  "@llx/async/blocking",
  "@llx/embeddings",
  "@llx/embeddings-heroku",
  "@llx/embeddings-isaacus",
];

interface Row {
  readonly there: string;
  readonly here: string;
}

/** The rows of all tables of names. */
function rowsOf(markdown: string): Row[] {
  const tables = markdown.split(/\n\n+/).filter((part) => part.startsWith("| LlamaIndex |"));
  return tables.flatMap((table) =>
    table
      .trim()
      .split("\n")
      .slice(2)
      .map((line) => {
        const [, there = "", here = ""] = line.split("|").map((cell) => cell.trim());
        return { there, here };
      }),
  );
}

const codeOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

/** A name of ours: `"llm"`, `runJobs()`, `DebugHandler.getEvents()`, `new DebugHandler({ sink })`, or a path of properties. */
interface Name {
  readonly path: readonly string[];
  readonly options: readonly string[];
}

function parseName(code: string): Name | undefined {
  const type = /^"(\w+)"$/.exec(code);
  if (type) return { path: ["EventPayloads", type[1]!], options: [] };
  const name = /^(?:new )?([\w.]+)(?:\((?:\{ ([\w, ]+) \})?\))?$/.exec(code);
  return name ? { path: name[1]!.split("."), options: name[2]?.split(", ") ?? [] } : undefined;
}

/** What the packages export, by name, as the compiler sees it. */
function readExports(): { checker: ts.TypeChecker; exports: Map<string, ts.Symbol> } {
  const { config } = ts.readConfigFile("tsconfig.json", (path) => readFileSync(path, "utf8")) as {
    config: { compilerOptions: { paths: Record<string, string[]> } };
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ".");
  const entries = packages.flatMap((name) => config.compilerOptions.paths[name] ?? []);
  const program = ts.createProgram(entries, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const exports = new Map<string, ts.Symbol>();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!);
    for (const symbol of checker.getExportsOfModule(module!)) exports.set(symbol.name, symbol);
  }
  return { checker, exports };
}

const { checker, exports } = readExports();

/** The types that a name stands for: of a class its instances and itself, as a value and as a type. */
function typesOf(exported: ts.Symbol): ts.Type[] {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const types: ts.Type[] = [];
  if (symbol.flags & ts.SymbolFlags.Type) types.push(checker.getDeclaredTypeOfSymbol(symbol));
  if (symbol.flags & ts.SymbolFlags.Value) types.push(checker.getTypeOfSymbol(symbol));
  return types;
}

function propertyOf(types: readonly ts.Type[], name: string): ts.Type | undefined {
  for (const type of types) {
    const property = checker.getPropertyOfType(checker.getNonNullableType(type), name);
    if (property) return checker.getTypeOfSymbol(property);
  }
  return undefined;
}

/** What can be given to a function, or to the constructor of a class. */
function parametersOf(types: readonly ts.Type[]): ts.Type[] {
  return types
    .flatMap((type) => [...type.getCallSignatures(), ...type.getConstructSignatures()])
    .flatMap((signature) => signature.parameters.map((parameter) => checker.getTypeOfSymbol(parameter)));
}

/** Whether any member of a union, or the type itself, has the property. */
function hasOption(types: readonly ts.Type[], name: string): boolean {
  const all = types.flatMap((type) => (type.isUnion() ? type.types : [type]));
  return all.some((type) => checker.getPropertyOfType(type, name) !== undefined);
}

/** What is wrong with a name, if anything is. */
function wrong(code: string): string | undefined {
  const name = parseName(code);
  if (name === undefined) return `${code} cannot be read as a name`;
  const [first = "", ...rest] = name.path;
  const exported = exports.get(first);
  if (exported === undefined) return `no package exports ${first}`;
  let types = typesOf(exported);
  for (const [index, part] of rest.entries()) {
    const property = propertyOf(types, part);
    if (property === undefined) return `${[first, ...rest.slice(0, index)].join(".")} has no ${part}`;
    types = [property];
  }
  const parameters = parametersOf(types);
  const unknown = name.options.find((option) => !hasOption(parameters, option));
  return unknown === undefined ? undefined : `${name.path.join(".")} takes no ${unknown}`;
}

/** What Python says of code that is none; empty where all can be read. */
function pythonErrors(codes: readonly string[]): string {
  const check = "import json, sys\nfor code in json.load(sys.stdin): compile(code, 'block', 'exec')";
  return spawnSync("python3", ["-c", check], { input: JSON.stringify(codes), encoding: "utf8" }).stderr;
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("SKIPPED: there is no python3, so the guide's Python is not checked");

const markdown = readFileSync(guide, "utf8");
const rows = rowsOf(markdown);

describe("the guide for those who come from LlamaIndex", () => {
  it.each(rows)("$there: $here", ({ here }) => {
    const names = codeOf(here);
    expect(names.length > 0 || here === "none").toBe(true);
    expect(names.flatMap((name) => wrong(name) ?? [])).toEqual([]);
  });

  it("has each type of event and each key of a payload", () => {
    const types =
      "CHUNKING NODE_PARSING EMBEDDING LLM QUERY RETRIEVE SYNTHESIZE TREE SUB_QUESTION TEMPLATING " +
      "FUNCTION_CALL RERANKING EXCEPTION AGENT_STEP";
    const keys =
      "DOCUMENTS CHUNKS NODES PROMPT MESSAGES COMPLETION RESPONSE QUERY_STR SUB_QUESTION EMBEDDINGS TOP_K " +
      "ADDITIONAL_KWARGS SERIALIZED FUNCTION_CALL FUNCTION_OUTPUT TOOL MODEL_NAME TEMPLATE TEMPLATE_VARS " +
      "SYSTEM_PROMPT QUERY_WRAPPER_PROMPT EXCEPTION";
    const listed = new Set(rows.flatMap(({ there }) => codeOf(there)));
    const missing = [
      ...types.split(" ").map((type) => `CBEventType.${type}`),
      ...keys.split(" ").map((key) => `EventPayload.${key}`),
    ].filter((name) => !listed.has(name));
    expect(missing).toEqual([]);
  });

  it("has each public name of async_utils, callbacks and instrumentation", () => {
    const names =
      // async_utils.py
      "asyncio_module asyncio_run batch_gather chunks get_asyncio_module run_async_tasks run_jobs DEFAULT_NUM_WORKERS " +
      // callbacks/*.py
      "CallbackManager.event CBEvent CBEventType EventPayload EventContext.finished EventStats LEAF_EVENTS BASE_TRACE_EVENT " +
      "TIMESTAMP_FORMAT BaseCallbackHandler LlamaDebugHandler PythonicallyPrintingBaseHandler SimpleLLMHandler " +
      "PrimordiaCallbackHandler RetrievalDriftMonitor TokenCountingHandler TokenCountingEvent get_tokens_from_response " +
      "get_llm_token_counts trace_method create_global_handler set_global_handler global_stack_trace " +
      "global_stack_trace_ids empty_trace_ids " +
      // instrumentation
      "get_dispatcher root_dispatcher root_manager Dispatcher Manager EventDispatcher DispatcherSpanMixin " +
      "instrument_tags active_instrument_tags active_span_id DISPATCHER_SPAN_DECORATED_ATTR BaseEvent BaseEventHandler " +
      "BaseSpanHandler BaseInstrumentationHandler NullEventHandler NullSpanHandler BaseSpan SimpleSpan SimpleSpanHandler " +
      "LegacyCallbackSpan LegacyCallbackSpanHandler SpanDropEvent Dispatcher.event Dispatcher.aevent Dispatcher.span " +
      "Dispatcher.span_enter Dispatcher.span_exit Dispatcher.span_drop Dispatcher.shutdown Dispatcher.get_dispatch_event " +
      "Dispatcher.add_event_handler Dispatcher.add_span_handler Dispatcher.capture_propagation_context " +
      "Dispatcher.restore_propagation_context AgentRunStepStartEvent AgentRunStepEndEvent AgentChatWithStepStartEvent " +
      "AgentChatWithStepEndEvent AgentToolCallEvent StreamChatStartEvent StreamChatEndEvent StreamChatErrorEvent " +
      "StreamChatDeltaReceivedEvent EmbeddingStartEvent EmbeddingEndEvent SparseEmbeddingStartEvent " +
      "SparseEmbeddingEndEvent ExceptionEvent LLMPredictStartEvent LLMPredictEndEvent LLMStructuredPredictStartEvent " +
      "LLMStructuredPredictEndEvent LLMStructuredPredictInProgressEvent LLMCompletionStartEvent " +
      "LLMCompletionInProgressEvent LLMCompletionEndEvent LLMChatStartEvent LLMChatInProgressEvent LLMChatEndEvent " +
      "QueryStartEvent QueryEndEvent ReRankStartEvent ReRankEndEvent RetrievalStartEvent RetrievalEndEvent " +
      "SynthesizeStartEvent SynthesizeEndEvent GetResponseStartEvent GetResponseEndEvent";
    const listed = new Set(
      rows.flatMap(({ there }) => codeOf(there).map((code) => code.replace(/\(.*/, ""))),
    );
    expect(names.split(" ").filter((name) => !listed.has(name) && name !== "EventPayload")).toEqual([]);
  });
});

describe.skipIf(!hasPython)("its Python", () => {
  const blocks = blocksOf(markdown).filter(({ language }) => language === "python");

  it("can be read", () => {
    expect(blocks.length).toBeGreaterThan(0);
    expect(pythonErrors(blocks.map(({ lines }) => lines.join("\n")))).toBe("");
  });

  it("could not be, with a mistake in it", () => {
    expect(pythonErrors(["def f(:"])).toContain("SyntaxError");
  });
});

describe("this check", () => {
  it.each([
    ["runTasks()", "no package exports runTasks"],
    ["runJobs({ workers, concurrency })", "runJobs takes no concurrency"],
    ["DebugHandler.printTrace()", "DebugHandler has no printTrace"],
    ["new DebugHandler({ verbose })", "DebugHandler takes no verbose"],
    ["EventPayloads.llm.end.content.prompt", "EventPayloads.llm.end.content has no prompt"],
    ['"retrieval"', "EventPayloads has no retrieval"],
    ["a name", "a name cannot be read as a name"],
  ])("finds what is wrong with %s", (code, message) => {
    expect(wrong(code)).toBe(message);
  });

  it("reads tables of names, and no others", () => {
    const names = "| LlamaIndex | here | notes |\n| --- | --- | --- |\n| `a` | `b()` | c |\n";
    expect(rowsOf(`Words.\n\n${names}\n| there | here |\n| --- | --- |\n| d | e |\n`)).toEqual([
      { there: "`a`", here: "`b()`" },
    ]);
    expect(rows.length).toBeGreaterThan(100);
  });
});
