// A budget in money: see the class.
export { BudgetError } from "./costs/budget-error.ts";
export {
  type MoneyAccount,
  MoneyBudget,
  type MoneyBudgetOptions,
  type MoneyReserve,
} from "./costs/money-budget.ts";
