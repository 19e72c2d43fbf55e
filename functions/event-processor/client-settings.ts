/** How many requests the function makes concurrently, each on its own connection. */
export const CONCURRENT_REQUESTS = 8;

/**
 * The settings of the function's AWS clients. Times are in milliseconds.
 *
 * The function itself retries, because it knows how much time is left and which records failed; the clients must not
 * retry as well. Without time limits, a connection that died while the execution environment was frozen would hang
 * until Lambda ends the invocation.
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-https.html
 */
export const clientSettings = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_000,
    /** Until the answer begins; `socketTimeout` limits the time between two bytes. */
    requestTimeout: 3_000,
    throwOnRequestTimeout: true,
    socketTimeout: 3_000,
    httpAgent: { keepAlive: true, maxSockets: CONCURRENT_REQUESTS },
    httpsAgent: { keepAlive: true, maxSockets: CONCURRENT_REQUESTS },
  },
};
