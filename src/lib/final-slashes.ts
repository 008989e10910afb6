/** `/api//` is `/api`, `/` is the empty text. A loop, because `/\/+$/` takes the square of a long row of slashes. */
export function withoutFinalSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
