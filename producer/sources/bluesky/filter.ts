/** Which posts are asked for. */
export interface FilterOptions {
  /** The text has one of these; left out, any text will do. */
  terms?: readonly string[] | undefined;
  /** One of the post's languages is one of these; left out, any will do. */
  languages?: readonly string[] | undefined;
}

/** A post to decide on: its text, and its languages as BCP 47 codes. */
export interface Candidate {
  text: string;
  langs: readonly string[];
}

/**
 * Makes the function that knows whether a post is asked for. A term is looked for anywhere in the text, in capitals or
 * not, since many languages write no spaces between words; `pt` stands for `pt-BR` too.
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

/** An accent may be a character of its own or part of its letter: both look the same. */
function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
