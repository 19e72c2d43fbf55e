import { countOf } from "../../../shared/terminal";

/**
 * What X charges for a post that an app reads, in US dollars: "Posts: Read" as of 28 August 2026. A post that is read
 * twice on one day is charged once. X may also charge for the authors, which come with the posts, as "User: Read"; its
 * documentation does not say.
 * @see https://docs.x.com/x-api/getting-started/pricing
 */
export const PRICE_PER_POST = 0.005;

export const PRICING_PAGE = "https://docs.x.com/x-api/getting-started/pricing";

/** `200 posts read, about $1.00`. @param pricePerPost in US dollars */
export function costOf(posts: number, pricePerPost: number): string {
  return `${countOf(posts, "post")} read, about ${dollars(posts * pricePerPost)}`;
}

/** Amounts below a dollar to a tenth of a cent, others to a cent. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 3 : 2)}`;
}
