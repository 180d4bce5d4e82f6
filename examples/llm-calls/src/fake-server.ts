import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { Closing } from "@llx/async";

interface Question {
  readonly model: string;
  readonly stream?: boolean;
  readonly response_format?: object;
  readonly messages: readonly { readonly content: string }[];
}

/**
 * Speaks the chat-completions protocol, as far as this example needs it. It answers any question with "the answer to"
 * and the question; a word is a token. Every fifth call for a text at once is refused with 429. The model "sloth" never
 * gets to its first word. Where JSON is wanted, some first answers are not what the schema wants.
 */
export async function startFakeServer() {
  const counts = { answered: 0, refused: 0, left: 0, tokens: 0 };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { model, stream = false, response_format: format, messages } = (await json(request)) as Question;
    response.on("close", () => {
      // The client left early.
      if (!response.writableFinished) counts.left++;
    });
    if (model === "sloth") return;
    if (!stream && format === undefined && (counts.answered + counts.refused) % 5 === 4) {
      counts.refused++;
      response.writeHead(429, { "retry-after-ms": "20" }).end('{"error":{"message":"too many requests"}}');
      return;
    }
    counts.answered++;
    const question = messages.at(-1)!.content;
    const reply =
      format === undefined ? `the answer to ${question}` : cityOf(messages[0]!.content, messages.length > 1);
    const words = reply.split(/(?<= )/);
    const usage = usageOf(question.split(" ").length, words.length);
    counts.tokens += usage.total_tokens;
    await (stream ? sendPieces(response, words, usage) : sendAtOnce(response, words, usage));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const closing = new Closing("the fake server", async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return Object.assign(counts, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    aclose: () => closing.aclose(),
  });
}

export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>;

/** A fact about a city. At first, one has its number in words, and another one is not JSON. */
function cityOf(city: string, isRepeated: boolean): string {
  if (city === "Paris" && !isRepeated) return '{ "city": "Paris", "population": "two million" }';
  if (city === "Oslo" && !isRepeated) return "Oslo has 700,000 inhabitants.";
  const population = { Rome: 2_800_000, Paris: 2_100_000, Oslo: 700_000 }[city];
  return JSON.stringify({ city, population });
}

type Usage = ReturnType<typeof usageOf>;

function usageOf(input: number, output: number) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

async function sendAtOnce(response: ServerResponse, words: readonly string[], usage: Usage): Promise<void> {
  await wait(5);
  const message = { role: "assistant", content: words.join("") };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ id: "1", object: "chat.completion", model: "parrot", choices, usage }));
}

/** Server-sent events: one word each, then the finish reason, then the usage. */
async function sendPieces(response: ServerResponse, words: readonly string[], usage: Usage): Promise<void> {
  const send = (data: object): unknown =>
    response.write(
      `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: "parrot", ...data })}\n\n`,
    );
  response.setHeader("content-type", "text/event-stream");
  for (const content of words) {
    send({ choices: [{ index: 0, delta: { role: "assistant", content } }] });
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await wait(5);
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}
