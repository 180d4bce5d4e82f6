/**
 * Labels that every event of a scope has, such as the tenant or the user it works for: see `withTags`. They reach every
 * handler, whatever its `capture`, and other processes: keep texts and secrets out of them.
 *
 * The interface is open: merge the names of your tags into it, and the compiler knows them.
 *
 * @example
 * ```ts
 * declare module "@llx/callbacks" {
 *   interface EventTags {
 *     readonly tenant?: string | undefined;
 *   }
 * }
 * ```
 */
export interface EventTags {
  readonly [name: string]: string | undefined;
}
