/** Words of a command line as compose cuts it: at blanks, but for those in quotes or behind a backslash. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  const pattern = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs;
  for (const [word] of text.matchAll(pattern)) {
    words.push(
      word.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs, (_, letter?: string, double?: string, single?: string) => {
        return letter ?? double?.replace(/\\(.)/gs, '$1') ?? single ?? '';
      }),
    );
  }
  return words;
}
