import { expectTypeOf, it } from "vitest";
import { type AsyncClosable, type Lease, ResourcePool, type ResourcePoolOptions } from "../index.ts";

class Connection implements Disposable {
  query(): number[] {
    return [];
  }
  [Symbol.dispose](): void {}
}

it("lends what create makes, or promises", () => {
  const pool = new ResourcePool({ create: async () => new Connection(), max: 1 });
  expectTypeOf(pool).toEqualTypeOf<ResourcePool<Connection>>();
  expectTypeOf(new ResourcePool({ create: () => new Connection(), max: 1 })).toEqualTypeOf(pool);
  expectTypeOf(pool.acquire()).toEqualTypeOf<Promise<Lease<Connection>>>();
  expectTypeOf(pool.use((connection) => connection.query())).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.use(async (_, lease) => lease.destroy())).toEqualTypeOf<Promise<void>>();
  expectTypeOf(pool).toExtend<AsyncClosable>();
  expectTypeOf(pool).toExtend<ResourcePool<Disposable>>();
  expectTypeOf(pool).not.toExtend<ResourcePool<string>>();
});

it("needs no destroy for what can be closed, and one for what cannot", () => {
  void new ResourcePool({
    create: () => new Connection(),
    destroy: (connection) => connection.query(),
    max: 1,
  });
  const pool = new ResourcePool({
    create: async () => ({ id: 1 }),
    destroy: ({ id }) => expectTypeOf(id).toEqualTypeOf<number>(),
    validate: ({ id }) => id > 0,
    max: 1,
  });
  expectTypeOf(pool).toEqualTypeOf<ResourcePool<{ id: number }>>();
  // @ts-expect-error an object of numbers cannot be closed
  void new ResourcePool({ create: async () => ({ id: 1 }), max: 1 });
  expectTypeOf<{ create: () => number; max: number }>().not.toExtend<ResourcePoolOptions<number>>();
});

it("takes a validate that answers or throws, at once or later", () => {
  const create = (): Connection => new Connection();
  const tells = (connection: Connection): boolean => connection.query().length === 0;
  const throws = async (connection: Connection): Promise<void> => void connection.query();
  expectTypeOf(new ResourcePool({ create, max: 1, validate: tells })).toExtend<ResourcePool<Connection>>();
  expectTypeOf(new ResourcePool({ create, max: 1, validate: throws })).toExtend<ResourcePool<Connection>>();
  // @ts-expect-error a number is no verdict
  void new ResourcePool({ create, max: 1, validate: (connection) => connection.query().length });
});

it("lends disposables", () => {
  expectTypeOf<Lease<Connection>>().toExtend<Disposable>();
  expectTypeOf<Lease<Connection>["resource"]>().toEqualTypeOf<Connection>();
});
