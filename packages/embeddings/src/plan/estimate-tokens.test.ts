import { describe, expect, it } from "vitest";
import { estimateTokens } from "./estimate-tokens.ts";

/** With the tokens that `cl100k_base` of gpt-tokenizer 4.0.0 counts. */
const passages: Record<string, readonly [tokens: number, text: string]> = {
  English: [
    48,
    "Honey bees dance in the hive to tell each other in which direction the flowers are. The angle of the dance to " +
      "the vertical is that of the flowers to the sun, and the length of the run tells how far away they are.",
  ],
  German: [
    70,
    "Die Honigbienen tanzen im Stock, um einander mitzuteilen, in welcher Richtung die Blüten liegen. Der Winkel " +
      "des Tanzes zur Senkrechten entspricht dem Winkel zwischen den Blüten und der Sonne, und die Länge des Laufs " +
      "verrät die Entfernung.",
  ],
  code: [
    58,
    "export function sum(values: readonly number[]): number {\n  let total = 0;\n  for (const value of values) {\n" +
      "    if (!Number.isFinite(value)) throw new RangeError(`not a number: ${value}`);\n    total += value;\n  }\n" +
      "  return total;\n}\n",
  ],
  CSV: [
    98,
    "date,station,temperature,humidity,pressure\n2026-01-01,Zugspitze,-11.4,62,702.3\n" +
      "2026-01-02,Zugspitze,-9.8,71,704.9\n2026-01-03,Zugspitze,-7.1,88,699.0\n2026-01-04,Zugspitze,-12.6,54,707.7\n",
  ],
  Chinese: [
    84,
    "蜜蜂在蜂巢里跳舞，告诉同伴花在哪个方向。舞蹈与垂直线的夹角，就是花与太阳之间的夹角；跑动的长度说明花离蜂巢有多远。",
  ],
  "traditional Chinese": [
    99,
    "蜜蜂在蜂巢裡跳舞，告訴同伴花在哪個方向。舞蹈與垂直線的夾角，就是花與太陽之間的夾角；這個跑動的長度說明花離蜂巢有多遠。",
  ],
  Japanese: [
    85,
    "ミツバチは巣の中で踊って、花がどの方向にあるかを仲間に伝えます。踊りの角度は太陽と花のあいだの角度と同じで、走る長さは花までの距離を表します。",
  ],
  Russian: [
    92,
    "Медоносные пчёлы танцуют в улье, чтобы сообщить друг другу, в каком направлении находятся цветы. Угол танца к " +
      "вертикали равен углу между цветами и солнцем, а длина пробега показывает расстояние.",
  ],
};

describe("the estimate of tokens", () => {
  // Of whole collections it is within 15 %: benchmarks/src/embeddings/token-estimate.ts.
  it.each(Object.entries(passages))("is within 20 percent for one passage of %s", (_kind, [tokens, text]) => {
    const ratio = estimateTokens(text) / tokens;
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.2);
  });

  it("is a whole number from 1 for any text", () => {
    const texts = [
      "",
      " ",
      "a",
      "\u0000",
      "\ud800",
      "\udfff",
      "\uffff",
      "😀",
      "\u00ad",
      "0",
      "\n\n",
      "Ab1-é漢",
    ];
    for (const text of texts) {
      const tokens = estimateTokens(text);
      expect(Number.isSafeInteger(tokens) && tokens >= 1, JSON.stringify(text)).toBe(true);
    }
  });

  it("counts the words in a name of several", () => {
    // Half a token for each, as in code, and 0.2 for each of the four capitals after the first.
    expect(estimateTokens("fromUserToHttpPort ".repeat(20))).toBe(50);
    expect(estimateTokens("HTTPPort ".repeat(20))).toBe(36);
  });
});
