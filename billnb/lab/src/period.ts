/**
 * The periods for which a history can be loaded.
 */

export const PERIODS = [
  'all',
  'this month',
  'quarter',
  'year to date',
  '12 months'
] as const;

export type Period = (typeof PERIODS)[number];

/** Return what the argument `since` is for a period that ends now, in UTC; null for all there is. */
export function sinceOf(period: Period, now: Date): string | null {
  switch (period) {
    case 'all':
      return null;
    case 'this month':
      return month(now, 0);
    case 'quarter':
      return month(now, now.getUTCMonth() % 3);
    case 'year to date':
      return String(now.getUTCFullYear());
    case '12 months':
      return month(now, 11);
  }
}

function month(now: Date, before: number): string {
  const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - before, 1);
  return new Date(first).toISOString().slice(0, 7);
}
