import type { Post } from "../../events/post";

/** A valid event with these values in place of its own. */
export function post(values: Partial<Post> = {}): Post {
  return {
    id: "1",
    username: "ada",
    text: "Hello",
    createdAt: "2026-11-23T07:21:57Z",
    source: "test",
    ...values,
  };
}
