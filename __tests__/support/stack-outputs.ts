/** A secret that must not be in any log or error. */
export const SECRET = "a-secret-that-nobody-may-see";

/** The outputs of a deployed stack. */
export const OUTPUTS = {
  stream_name: "demo-stream",
  region: "eu-west-1",
  access_key_id: "AKIADEMO",
  secret_access_key: SECRET,
  table_name: "demo-EventData",
  function_name: "demo-DDBEventProcessor",
  failure_bucket_name: "demo-failures",
};
