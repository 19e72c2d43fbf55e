import type { IncomingHttpHeaders } from "node:http";
import { type RequestHead, UnreadableRequestError } from "./incoming-request";
import { hostOf } from "./s3-request";

/**
 * Keeps web pages away. A browser lets any page send requests to loopback; it names the page's origin, and does not let
 * the page choose the host. A page whose own name was made to lead to loopback shows in the host. Any port will do: a
 * tunnel has its own.
 * @throws UnreadableRequestError when the request's host is not this machine, or when it comes from another origin
 */
export function assertNoWebPage(head: RequestHead): void {
  const host = hostOf(head);
  if (!LOOPBACK_HOST.test(host))
    throw new UnreadableRequestError(
      "AccessDeniedException",
      `the local cloud answers for 127.0.0.1, localhost and [::1] only, not for the host "${host}"`,
      403,
    );
  const { origin } = head.headers;
  if (origin !== undefined && origin !== `http://${host}`)
    throw new UnreadableRequestError(
      "AccessDeniedException",
      `the local cloud takes no requests from web pages, and this one comes from the origin "${origin}"`,
      403,
    );
}

/** The headers of an emulator's answer, without those that let web pages read it. */
export function withoutCors(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-")));
}

/** A name below localhost is a bucket. */
const LOOPBACK_HOST = /^(127\.0\.0\.1|\[::1\]|(.+\.)?localhost)(:\d+)?$/i;
