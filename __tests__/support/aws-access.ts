/** What an SDK client needs to talk to an emulator, which takes any credentials. */
export function emulatorAccess(endpoint: string) {
  return {
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
}
