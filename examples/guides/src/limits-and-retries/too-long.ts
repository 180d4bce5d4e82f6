import { mapJobs } from "@llx/async";
import { RefusedError } from "./fake-service.ts";

const refuse = (): never => {
  throw new RefusedError(3_600_000);
};
try {
  await mapJobs(["a"], refuse, { retry: {} });
} catch (error) {
  console.log(String(error));
}
