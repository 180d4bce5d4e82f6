// A budget in money: see the class.
export { BudgetError } from "./costs/budget-error.ts";
export { MoneyBudget, type MoneyBudgetOptions } from "./costs/money-budget.ts";
