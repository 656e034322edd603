/** The first `chars` characters of a directive on one line, ended at a word. */
export function titleOf(directive: string, chars: number): string {
  const line = directive.trim().replace(/\s+/g, ' ');
  // There are never more characters than code units, so that most lines are not taken apart.
  if (line.length <= chars) return line;
  const characters = [...line];
  if (characters.length <= chars) return line;
  const cut = characters.slice(0, chars - 1).join('');
  const space = cut.lastIndexOf(' ');
  const whole = space < 0 ? cut : cut.slice(0, space);
  return `${whole.replace(/[,;:.-]+$/, '')}…`;
}
