/** How many requests the function has under way at once; each has a connection of its own. */
export const CONCURRENT_REQUESTS = 8;

/**
 * The settings of the function's AWS clients.
 *
 * The function itself retries, because it knows how much time is left and which records failed: one layer of retries,
 * not two. Without time limits, a connection that died while the execution environment was frozen would hang until
 * Lambda ends the invocation.
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-https.html
 */
export const clientSettings = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_000,
    /** To the first byte of the answer; `socketTimeout` counts between bytes. In milliseconds. */
    requestTimeout: 3_000,
    throwOnRequestTimeout: true,
    socketTimeout: 3_000,
    httpAgent: { keepAlive: true, maxSockets: CONCURRENT_REQUESTS },
    httpsAgent: { keepAlive: true, maxSockets: CONCURRENT_REQUESTS },
  },
};
