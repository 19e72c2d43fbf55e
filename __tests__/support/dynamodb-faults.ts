import { answerWith, type ProxyFault } from "./fault-proxy";

/** DynamoDB's answer when a table, or the account, is over its throughput. */
export const throttle: ProxyFault = answerWith(400, {
  __type: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
  message: "The level of configured provisioned throughput for the table was exceeded.",
});

/** DynamoDB stores a part of a BatchWriteItem request, and returns the items whose sort keys are chosen as unprocessed. */
export function leaveUnprocessed(chosen: (id: string) => boolean): ProxyFault {
  return async (request, forward) => {
    const { RequestItems } = JSON.parse(request.body.toString()) as {
      RequestItems: Record<string, PutRequest[]>;
    };
    const processed: Record<string, PutRequest[]> = {};
    const unprocessed: Record<string, PutRequest[]> = {};
    for (const [table, requests] of Object.entries(RequestItems)) {
      processed[table] = requests.filter((put) => !chosen(put.PutRequest.Item.Id.S));
      unprocessed[table] = requests.filter((put) => chosen(put.PutRequest.Item.Id.S));
    }
    if (Object.values(processed).some((requests) => requests.length > 0)) {
      const body = Buffer.from(JSON.stringify({ RequestItems: processed }));
      const answer = await forward({ ...request, body });
      if (answer.status !== 200) return answer;
    }
    return answerWith(200, { UnprocessedItems: unprocessed })(request, forward);
  };
}

interface PutRequest {
  PutRequest: { Item: { Id: { S: string } } };
}
