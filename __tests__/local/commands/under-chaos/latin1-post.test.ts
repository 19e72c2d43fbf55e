import { describe, expect, it } from "@jest/globals";
import { expectedItem } from "../../../../local/commands/reconciliation/expected-item";
import { corrected, isLatin1Post, latin1Post } from "../../../../local/commands/under-chaos/latin1-post";

const itemOf = (data: Uint8Array) => expectedItem({ data, arrivedMs: 0 }, 0);

describe("A post in Latin-1", () => {
  it("can never be an item, and once it is corrected it is one, with its whole text", () => {
    expect(itemOf(latin1Post(7))).toBeUndefined();
    expect(itemOf(corrected(latin1Post(7)))).toEqual({
      Username: { S: "latin-1-client" },
      Id: { S: "7" },
      Timestamp: { S: "2026-11-23T12:00:00Z" },
      Message: { S: "Déjà vu: ces octets ne sont pas de l'UTF-8 ¿o sí?" },
      Name: { S: "Zoë Müller" },
      Source: { S: "latin-1-client" },
    });
  });

  it("is known by its very bytes", () => {
    expect([0, 7, 123_456].map((number) => isLatin1Post(latin1Post(number)))).toEqual([true, true, true]);
    const others = [
      Buffer.concat([latin1Post(7), Buffer.from(" ")]),
      latin1Post(7).subarray(1),
      corrected(latin1Post(7)),
      Buffer.from(latin1Post(7).toString("latin1").replace('"7"', '"07"'), "latin1"),
      Buffer.from('{"id":"7"}'),
      Buffer.alloc(0),
    ];
    expect(others.map(isLatin1Post)).toEqual(others.map(() => false));
  });
});
