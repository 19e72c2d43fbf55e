/** Which posts are wanted. */
export interface FilterOptions {
  /** The text has one of these; any text by default. */
  terms?: readonly string[] | undefined;
  /** One of the post's languages is one of these; any by default. */
  languages?: readonly string[] | undefined;
}

/** What decides: a post's text, and its languages as BCP 47 codes. */
export interface Candidate {
  text: string;
  langs: readonly string[];
}

/**
 * Makes the function that decides whether a post is wanted. A term may be anywhere in the text, since many languages
 * write no spaces between words, in upper or lower case; `pt` includes `pt-BR`.
 */
export function postFilter({ terms, languages }: FilterOptions): (candidate: Candidate) => boolean {
  const needles = terms?.map(folded);
  const codes = languages?.map((code) => code.toLowerCase());
  return ({ text, langs }) => {
    if (codes && !langs.some((lang) => codes.some((code) => isOf(lang.toLowerCase(), code)))) return false;
    if (!needles) return true;
    const haystack = folded(text);
    return needles.some((needle) => haystack.includes(needle));
  };
}

function isOf(lang: string, code: string): boolean {
  return lang === code || lang.startsWith(`${code}-`);
}

/** An accent may be a separate character or part of its letter: both look the same. */
function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
