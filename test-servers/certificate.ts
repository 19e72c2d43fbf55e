import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { globalAgent } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";

export interface Certificate {
  key: Buffer;
  cert: Buffer;
  /** Path of the certificate, for NODE_EXTRA_CA_CERTS. */
  file: string;
}

/** Makes a self-signed certificate for 127.0.0.1; needs the openssl command. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), "certificate-"));
  const keyFile = path.join(folder, "key.pem");
  const file = path.join(folder, "cert.pem");
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1";
  execFileSync("openssl", [...args.split(" "), "-keyout", keyFile, "-out", file], { stdio: "pipe" });
  return { key: readFileSync(keyFile), cert: readFileSync(file), file };
}

/** Makes HTTPS requests of this process trust the certificate. @returns a function that undoes it */
export function trust({ cert }: Certificate): () => void {
  const { ca } = globalAgent.options;
  globalAgent.options.ca = cert;
  return () => {
    globalAgent.options.ca = ca;
  };
}
