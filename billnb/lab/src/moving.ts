/**
 * The moves between rows by keyboard.
 */

const PAGE = 10;

/** Return the name that a key leads to; null for a key that does not move. */
export function moved(
  key: string,
  names: readonly string[],
  from: string
): string | null {
  const at = names.indexOf(from);
  const last = names.length - 1;
  const target: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + PAGE,
    PageUp: at - PAGE,
    Home: 0,
    End: last
  };
  if (at < 0 || !Object.hasOwn(target, key)) {
    return null;
  }
  return names[Math.min(Math.max(target[key], 0), last)];
}
