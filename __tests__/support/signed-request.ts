import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Service } from "../../local/gateway/emulators";
import type { AccessKey } from "../../local/gateway/local-account";

/** A request as it goes over the wire. */
export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** The request with the signature of AWS's version 4 in its headers. */
export async function signed(
  service: Service,
  port: number,
  { method, path, headers, body }: RawRequest,
  credentials: AccessKey,
  signingDate = new Date(),
): Promise<RawRequest> {
  const signer = new SignatureV4({
    service,
    region: "us-east-1",
    credentials,
    sha256: Hash.bind(null, "sha256"),
    uriEscapePath: service !== "s3",
  });
  const url = new URL(path, `http://127.0.0.1:${port}`);
  const unsigned = new HttpRequest({
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...headers },
    body,
  });
  const request = await signer.sign(unsigned, { signingDate });
  return { method, path, headers: request.headers, body };
}
