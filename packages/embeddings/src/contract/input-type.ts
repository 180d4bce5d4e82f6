/**
 * What a text is embedded for: to be found (`"document"`), to find others (`"query"`), to be assigned to known classes,
 * or to be grouped. Every model accepts the first two, even if it treats them alike.
 */
export type InputType = "document" | "query" | "classification" | "clustering";
