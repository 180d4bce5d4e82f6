import {
  createNoopMeter,
  type Meter,
  ProxyTracerProvider,
  trace,
  type TracerProvider,
} from "@opentelemetry/api";

/** The delegate when no provider is registered. */
const noProvider = new ProxyTracerProvider().getDelegate();

/** Whether spans go anywhere. */
export function isTracing(given: TracerProvider | undefined): boolean {
  const provider = given ?? trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== noProvider;
}

/** Whether the metrics of a meter go anywhere. */
export function isMetering(meter: Meter): boolean {
  return meter !== createNoopMeter();
}
