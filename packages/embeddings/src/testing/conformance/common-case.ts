import type { ServiceBench } from "./service-bench.ts";

/** What decides which tests of models of all kinds there are. */
export interface CommonFacts {
  readonly hasService: boolean;
  /** Whether it has a service, and the option `headers`. */
  readonly acceptsHeaders: boolean;
  /** Whether it has a service, and an option that says how it is reached: `proxy` or `dispatcher`. */
  readonly hasProxy: boolean;
  /** Whether a refusal of the service states how long to wait. */
  readonly statesWait: boolean;
}

/** A test of models of all kinds. */
export interface CommonCase {
  readonly name: string;
  readonly applies?: ((facts: CommonFacts) => boolean) | undefined;
  run(bench: ServiceBench): Promise<void>;
}

/** An address where nothing listens. */
export const nowhere = "http://127.0.0.1:9";

/** @param create creates a model with these options, which refuses one that it does not have */
export function acceptedOptions(
  hasService: boolean,
  create: (options: object) => unknown,
): Pick<CommonFacts, "acceptsHeaders" | "hasProxy"> {
  const accepts = (options: object): boolean => {
    try {
      create(options);
      return true;
    } catch {
      return false;
    }
  };
  return {
    acceptsHeaders: hasService && accepts({ headers: {} }),
    // A provider that has forgotten one of them has the other.
    hasProxy: hasService && (accepts({ proxy: nowhere }) || accepts({ dispatcher: { request() {} } })),
  };
}

/** For tests without a service. */
export function everywhere(): boolean {
  return true;
}
