/** Contract clauses; one is about termination. */
export const texts: readonly string[] = [
  "Either party may terminate this Agreement by giving the other party thirty days' written notice.",
  "The Supplier shall keep all information that it receives from the Customer secret, and use it for no other purpose.",
  "The Customer shall pay each invoice within fourteen days of its date; interest accrues on what is overdue.",
  "This Agreement is governed by the laws of England, and its courts have exclusive jurisdiction over disputes.",
];

export const question = "What are the termination terms?";
