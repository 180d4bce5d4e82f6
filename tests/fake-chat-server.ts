import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** The outcome of a request. */
export type Plan =
  /** It is refused, with the milliseconds to wait before another attempt. */
  | { readonly status: number; readonly message: string; readonly wait?: number }
  /** After its first word, the stream stays open, breaks off, or reports an error. */
  | "hold"
  | "break"
  | "error";

interface Question {
  readonly stream?: boolean;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: unknown;
}

/** Speaks the chat-completions protocol, as far as the tests need it: 3 tokens go in and 2 come out, "Because", " so". */
export async function startChatServer() {
  const questions: Question[] = [];
  const plans: (Plan | undefined)[] = [];
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const state = {
    questions,
    plan: (...next: (Plan | undefined)[]) => void plans.push(...next),
    /** Settles when a client leaves before it has the whole response. */
    left: left.promise,
    /** Settles with the first request. */
    asked: asked.promise,
  };

  const server = createServer((request, response) => {
    response.on("close", () => {
      if (!response.writableFinished) left.resolve();
    });
    void json(request).then((body) => {
      const question = body as Question;
      questions.push(question);
      asked.resolve();
      answer(question, response, plans.shift());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

export type ChatServer = Awaited<ReturnType<typeof startChatServer>>;

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const call = { id: "call-1", type: "function", function: { name: "look", arguments: '{"at":"it"}' } };

function answer({ stream, tools }: Question, response: ServerResponse, plan: Plan | undefined): void {
  if (typeof plan === "object") {
    const { status, message, wait = 0 } = plan;
    response.writeHead(status, { "content-type": "application/json", "retry-after-ms": wait });
    response.end(JSON.stringify({ error: { message, type: "error", param: null, code: null } }));
  } else if (stream || plan !== undefined) {
    sendPieces(response, plan);
  } else {
    const message = {
      role: "assistant",
      content: "Because so",
      ...(tools !== undefined && { tool_calls: [call] }),
    };
    const choices = [{ index: 0, message, finish_reason: tools === undefined ? "stop" : "tool_calls" }];
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        id: "answer-1",
        object: "chat.completion",
        created: 1,
        model: "parrot-2",
        choices,
        usage,
      }),
    );
  }
}

function sendPieces(response: ServerResponse, plan: Plan | undefined): void {
  const head = { id: "answer-1", object: "chat.completion.chunk", created: 1, model: "parrot-2" };
  const send = (data: object): unknown => response.write(`data: ${JSON.stringify({ ...head, ...data })}\n\n`);
  response.setHeader("content-type", "text/event-stream");
  send({ choices: [{ index: 0, delta: { role: "assistant", content: "Because" } }] });
  if (plan === "hold") return;
  if (plan === "break") return void setImmediate(() => response.destroy());
  if (plan === "error") {
    response.end(`data: ${JSON.stringify({ error: { message: "lost the thread", type: "error" } })}\n\n`);
    return;
  }
  send({ choices: [{ index: 0, delta: { content: " so" } }] });
  send({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}
