import { describeThrown } from "@llx/support";
import { closerOf } from "../run/closable.ts";
import { aggregateError, type Failure } from "../run/failures.ts";
import type { PoolSettings } from "./resource-pool-options.ts";

/** Creates, validates and destroys the resources of a pool, and counts those that exist. */
export class ResourceSupply<R> {
  readonly #settings: PoolSettings<R>;
  readonly #label: string;
  readonly #failures: Failure[] = [];
  readonly #gone = Promise.withResolvers<void>();
  #size = 0;
  /** Whether the pool closes: from then on, a failed `destroy` is kept for {@link drained}, instead of a warning. */
  isClosing = false;

  constructor(settings: PoolSettings<R>, label: string) {
    this.#settings = settings;
    this.#label = label;
  }

  /** How many exist, counted from the start of `create` to the end of `destroy`. */
  get size(): number {
    return this.#size;
  }

  /** @throws what `create` throws; TypeError for a resource that cannot be closed, if there is no `destroy` */
  async create(): Promise<R> {
    this.#size++;
    try {
      const resource = await this.#settings.create();
      if (this.#settings.destroy === undefined)
        closerOf(
          resource,
          "the result of create, without the option destroy,",
          "; or pass destroy, such as destroy: (it) => it.end()",
        );
      return resource;
    } catch (error) {
      this.#shrink();
      throw error;
    }
  }

  async isValid(resource: R): Promise<boolean> {
    const settings = this.#settings;
    try {
      return settings.validate === undefined || (await settings.validate(resource)) !== false;
    } catch {
      return false;
    }
  }

  /** Never rejects. */
  async destroy(resource: R): Promise<void> {
    const settings = this.#settings;
    try {
      await (settings.destroy === undefined
        ? closerOf(resource, "the resource")()
        : settings.destroy(resource));
    } catch (error) {
      if (this.isClosing) this.#failures.push({ what: "a resource could not be destroyed", error });
      else this.warnOfFailure("could not be destroyed", error);
    }
    this.#shrink();
  }

  /**
   * Waits until no resource exists. Call it once no more can be created.
   *
   * @throws the error of a resource that could not be destroyed meanwhile; an `AggregateError` of several
   */
  async drained(): Promise<void> {
    if (this.#size > 0) await this.#gone.promise;
    if (this.#failures.length > 0) throw aggregateError(this.#failures);
  }

  warnOfFailure(what: string, error: unknown): void {
    const detail = error instanceof Error ? error.stack : undefined;
    this.warn(`a resource ${what}: ${describeThrown(error)}`, detail);
  }

  warn(message: string, detail?: string): void {
    process.emitWarning(`${this.#label}: ${message}`, {
      type: "ResourcePoolWarning",
      code: "LLX_RESOURCE_POOL",
      ...(detail !== undefined && { detail }),
    });
  }

  #shrink(): void {
    this.#size--;
    if (this.#size === 0 && this.isClosing) this.#gone.resolve();
  }
}
