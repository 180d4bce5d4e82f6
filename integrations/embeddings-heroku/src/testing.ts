// The whole public surface for tests.
export { fakeHeroku, type FakeHerokuOptions } from "./fake-heroku.ts";
