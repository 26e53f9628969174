/** What is said to a person, whatever the width of the screen and the length of paths have made of its lines. */
export function unfolded(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
