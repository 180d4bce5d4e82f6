// What models cost: see the table.
export { prices } from "./costs/prices.ts";
