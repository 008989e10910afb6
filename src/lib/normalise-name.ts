/** Every run of characters that are neither letter nor digit becomes one dash, none at the ends. */
export function normaliseName(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
}
