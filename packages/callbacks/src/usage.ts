// Who used how many tokens, and what they cost: see the class.
export {
  type Price,
  UsageLedger,
  type UsageLedgerOptions,
  type UsageTotals,
} from "./handlers/usage-ledger.ts";
export { readUsage } from "./payloads/read-usage.ts";
