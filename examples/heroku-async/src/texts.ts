/** Two of them say the same in other words. */
export const texts: readonly string[] = [
  "A dyno sleeps when no request has come for half an hour, and wakes up with the next one.",
  "After thirty minutes without traffic the container is stopped until somebody asks for it.",
  "The database is copied every night, and each copy is kept for a week.",
  "Bake the bread in a hot oven until its crust is dark.",
];
