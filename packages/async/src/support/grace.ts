/**
 * How long to wait for work that ignores its abort, in milliseconds. Less than `asyncRun` waits, so that its main function can
 * still save what is left.
 */
export const defaultGrace = 5_000;
