import { asyncRun, closeAll } from "@llx/async";

const broken = (name: string) => ({
  async aclose(): Promise<void> {
    throw new Error(`${name} cannot be closed`);
  },
});

// A clean-up failure hides no other.
try {
  await asyncRun(({ own }) => {
    own(broken("the store"));
    throw new Error("no space left");
  });
} catch (error) {
  const { cause, errors } = error as Error & { errors: Error[] };
  console.log(String(cause));
  console.log(errors.map(({ message }) => message));
}

// And no failure keeps others open.
try {
  await closeAll([
    broken("the first"),
    { aclose: async () => console.log("the second is closed") },
    broken("the third"),
  ]);
} catch (error) {
  console.log(String(error));
}
