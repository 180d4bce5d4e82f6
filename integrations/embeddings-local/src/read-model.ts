import { existsSync, readdirSync } from "node:fs";
import nodeModule from "node:module";
import { basename, isAbsolute, join, resolve } from "node:path";
import { checkWeights } from "./encoder-weights.ts";
import { isObject, JsonFile, readJson, show, unreadable } from "./json-file.ts";
import type { EncoderShape, LocalModel, Pooling } from "./local-model.ts";
import { readHeader } from "./safetensors.ts";
import { readWordPieces, type WordPieces } from "./word-pieces.ts";

/**
 * Reads what the files of a model say of it: a folder, or an installed package, with a BERT encoder as
 * sentence-transformers stores it. The weights are described, but not read.
 *
 * @param model a path that is absolute or begins with `./` or `../`, or the name of a package
 * @param pooling where the files do not state it
 * @throws TypeError for what cannot be computed here, with the file and the field
 */
export function readModel(
  model: string,
  pooling?: Pooling,
): { readonly model: LocalModel; readonly tokenizer: WordPieces } {
  const folder = folderOf(model);
  const shape = readShape(new JsonFile(join(folder, "config.json")));
  const weights = weightsIn(folder);
  checkWeights(weights, readHeader(weights), shape);
  const files = { config: join(folder, "config.json"), tokenizer: join(folder, "tokenizer.json"), weights };
  const tokenizer = readWordPieces(files.tokenizer);
  return {
    model: {
      name: isPath(model) ? basename(resolve(model)) : model,
      files,
      shape,
      pooling: readPooling(folder, pooling),
      precision: "fp32",
      mostTokens: Math.min(readMostTokens(folder, tokenizer), shape.positions),
    },
    tokenizer,
  };
}

const isPath = (model: string): boolean => isAbsolute(model) || /^\.\.?(?:[/\\]|$)/.test(model);

/** A package has its model beside its manifest, or in a folder `model`. */
function folderOf(model: string): string {
  if (typeof model !== "string" || model === "") {
    throw new TypeError("model must be the path of a folder, or the name of a package");
  }
  const root = isPath(model) ? resolve(model) : packageFolder(model);
  const folder = [root, join(root, "model")].find((each) => existsSync(join(each, "config.json")));
  if (folder === undefined) throw unreadable(join(root, "config.json"), "there is no such file");
  return folder;
}

function packageFolder(name: string): string {
  let manifest: string | undefined;
  try {
    // As the program would import it, and not as this package would.
    manifest = nodeModule.findPackageJSON(name, join(process.cwd(), "index.js"));
  } catch {
    // It is said below.
  }
  if (manifest === undefined) {
    throw new TypeError(
      `model is ${show(name)}, and no package of that name is installed in ${process.cwd()}: install it, or ` +
        "give the path of a folder, absolute or beginning with ./",
    );
  }
  return join(manifest, "..");
}

function readShape(config: JsonFile): EncoderShape {
  const { fields } = config;
  if (fields["model_type"] !== "bert") {
    throw config.problem(`model_type is ${show(fields["model_type"])}, and only "bert" is supported`);
  }
  config.only("hidden_act", "gelu");
  config.only("position_embedding_type", "absolute");
  config.only("is_decoder", false);
  const { layer_norm_eps: epsilon = 1e-12 } = fields;
  if (typeof epsilon !== "number" || !(epsilon >= 0)) {
    throw config.problem(`layer_norm_eps must be a number from 0, not ${show(epsilon)}`);
  }
  const shape = {
    layers: config.count("num_hidden_layers"),
    heads: config.count("num_attention_heads"),
    hidden: config.count("hidden_size"),
    intermediate: config.count("intermediate_size"),
    words: config.count("vocab_size"),
    positions: config.count("max_position_embeddings"),
    types: config.count("type_vocab_size"),
    layerNormEpsilon: epsilon,
  };
  if (shape.hidden % shape.heads !== 0) {
    throw config.problem(
      `hidden_size ${shape.hidden} cannot be divided by num_attention_heads ${shape.heads}`,
    );
  }
  return shape;
}

/** `model.safetensors`, or the only other file of that kind. */
function weightsIn(folder: string): string {
  const found = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  if (found.includes("model.safetensors")) return join(folder, "model.safetensors");
  if (found.length === 1 && !existsSync(join(folder, "model.safetensors.index.json"))) {
    return join(folder, found[0]!);
  }
  throw unreadable(
    join(folder, "model.safetensors"),
    found.length === 0
      ? "there is no such file; weights in other formats are not supported"
      : `there is no such file, but ${found.length} others: weights in several files are not supported`,
  );
}

/** What sentence-transformers does with the vectors of the tokens, and which of it is supported. */
function readPooling(folder: string, given: Pooling | undefined): Pooling {
  if (given !== undefined && given !== "mean" && given !== "cls") {
    throw new TypeError(`pooling must be "mean" or "cls", not ${show(given)}`);
  }
  const modules = join(folder, "modules.json");
  let poolingFolder = "1_Pooling";
  if (existsSync(modules)) {
    const list = readJson(modules);
    if (!Array.isArray(list)) throw unreadable(modules, "it must be a list");
    for (const each of list as readonly unknown[]) {
      const { type, path } = isObject(each) ? each : {};
      const kind = typeof type === "string" ? type.split(".").at(-1) : undefined;
      if (kind === "Pooling" && typeof path === "string") poolingFolder = path;
      if (kind === undefined || !["Transformer", "Pooling", "Normalize"].includes(kind)) {
        throw unreadable(
          modules,
          `type is ${show(type)}, and only Transformer, Pooling and Normalize are supported`,
        );
      }
    }
  }
  const path = join(folder, poolingFolder, "config.json");
  const file = JsonFile.ifExists(path);
  const stated = file === undefined ? undefined : poolingIn(file);
  if (given === undefined && stated === undefined) {
    throw unreadable(
      path,
      'there is no such file: state pooling, "mean" or "cls", as the model\'s card says',
    );
  }
  if (given !== undefined && stated !== undefined && given !== stated) {
    throw new TypeError(`pooling is ${show(given)}, and ${path} says ${show(stated)}: leave it out`);
  }
  return given ?? stated!;
}

/** Newer files name it, older ones have a flag for each. */
function poolingIn(file: JsonFile): Pooling {
  file.only("include_prompt", true);
  const { fields } = file;
  const named = fields["pooling_mode"];
  if (named !== undefined) {
    file.only("pooling_mode", "mean", "cls");
    return named as Pooling;
  }
  const flags = Object.keys(fields).filter(
    (name) => name.startsWith("pooling_mode_") && fields[name] === true,
  );
  if (flags.length === 1 && flags[0] === "pooling_mode_mean_tokens") return "mean";
  if (flags.length === 1 && flags[0] === "pooling_mode_cls_token") return "cls";
  throw file.problem(
    `${flags.join(" and ") || "pooling_mode_…"} is ${flags.length > 0 ? "true" : "missing"}, and only pooling_mode_mean_tokens ` +
      "or pooling_mode_cls_token is supported",
  );
}

function readMostTokens(folder: string, { lowercase }: WordPieces): number {
  const sentence = JsonFile.ifExists(join(folder, "sentence_bert_config.json"));
  // With a tokenizer that does it anyway, it says nothing.
  if (!lowercase) sentence?.only("do_lower_case", false);
  if (sentence !== undefined && (sentence.fields["max_seq_length"] ?? undefined) !== undefined) {
    return sentence.count("max_seq_length");
  }
  const most = JsonFile.ifExists(join(folder, "tokenizer_config.json"))?.fields["model_max_length"];
  // Files without a limit state 1e30.
  return typeof most === "number" && most >= 1 ? most : Number.MAX_SAFE_INTEGER;
}
