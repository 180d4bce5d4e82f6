import { count, money, share } from "../model/format.ts";
import type { RunModel } from "../model/run-model.ts";
import type { ModelUsage } from "../model/usage-totals.ts";
import { Chart } from "./charts.tsx";
import { Empty, Figure } from "./parts.tsx";

/** Tokens by model and over time, and what they cost. */
export function CostView({ model }: { model: RunModel }) {
  const { usage } = model;
  const models = [...usage.models.values()].toSorted((one, other) => other.totalTokens - one.totalTokens);
  if (models.length === 0) {
    return (
      <Empty title="No model was called">
        <p>
          Events of the types <code>embedding</code> and <code>llm</code> appear here with the tokens that the
          service reports: <code>event.set({"{ usage: response.usage }"})</code> in events of your own.
        </p>
      </Empty>
    );
  }
  const sum = (of: (each: ModelUsage) => number): number =>
    models.reduce((total, each) => total + of(each), 0);
  const priced = models.filter(({ cost }) => cost !== undefined);
  const steps = Math.max(...models.map((each) => each.steps.length));
  const to = usage.since + Math.max(1, steps) * usage.step;
  return (
    <div>
      <dl class="figures large">
        <Figure name="tokens" value={count(sum((each) => each.totalTokens))} />
        <Figure name="calls" value={count(sum((each) => each.calls))} />
        {usage.hasPrices && <Figure name="cost" value={money(sum((each) => each.cost ?? 0))} />}
        {usage.textsOfCalls > 0 && (
          <Figure
            name="texts from a cache"
            value={`${count(usage.cachedTexts)} of ${count(usage.textsOfCalls)} (${share(usage.cachedTexts, usage.textsOfCalls)})`}
          />
        )}
      </dl>
      {steps > 0 && (
        <Chart
          label="Tokens over time, by model"
          from={usage.since}
          to={to}
          top={`${count(Math.max(...models.flatMap((each) => each.steps), 0))} tokens in ${usage.step / 1_000} s`}
          series={models.slice(0, 7).map(({ model: name, steps: tokens }, index) => ({
            name,
            colour: index,
            isStepped: true,
            points: Array.from({ length: steps }, (_, step): [number, number] => [
              usage.since + step * usage.step,
              tokens[step] ?? 0,
            ]),
          }))}
        />
      )}
      <div class="scroll-x" role="region" aria-label="Tokens by model" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>model</th>
              <th class="number">calls</th>
              <th class="number">input</th>
              <th class="number">output</th>
              <th class="number">tokens</th>
              {usage.hasPrices && <th class="number">cost</th>}
              <th class="number">without usage</th>
            </tr>
          </thead>
          <tbody>
            {models.map((each) => (
              <tr key={each.model}>
                <td>{each.model}</td>
                <td class="number">{count(each.calls)}</td>
                <td class="number">{count(each.inputTokens)}</td>
                <td class="number">{count(each.outputTokens)}</td>
                <td class="number">{count(each.totalTokens)}</td>
                {usage.hasPrices && <td class="number">{money(each.cost)}</td>}
                <td class="number">{count(each.uncounted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {usage.hasPrices ? (
        priced.length < models.length && (
          <p class="quiet">Models without a price are not part of the cost: add them to the prices.</p>
        )
      ) : (
        <p class="quiet">
          For money, give prices: <code>--prices prices.json</code>, or <code>prices</code> of{" "}
          <code>DevtoolsHandler</code>.
        </p>
      )}
    </div>
  );
}
