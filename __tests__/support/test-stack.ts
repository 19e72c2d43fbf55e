import type { Stack } from "../../shared/stack";

/** A stack of which only the addresses matter: its table is `table`, its failure bucket `b`, its stream `s`. */
export function testStack(endpoint: string, operator: Stack["operator"] = OPERATOR): Stack {
  const outputs = {
    stream_name: "s",
    region: "eu-west-1",
    access_key_id: "producer",
    secret_access_key: "producer-secret",
    table_name: "table",
    function_name: "f",
    failure_bucket_name: "b",
  };
  return { outputs, endpoint, ...(operator !== undefined && { operator }) };
}

const OPERATOR = { accessKeyId: "operator", secretAccessKey: "operator" };
