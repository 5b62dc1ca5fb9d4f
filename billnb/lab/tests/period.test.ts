import { describe, expect, it } from 'vitest';
import type { Period } from '../src/period';
import { PERIODS, sinceOf } from '../src/period';

const SINCE: Record<Period, string | null> = {
  all: null,
  'this month': '2026-11',
  quarter: '2026-10',
  'year to date': '2026',
  '12 months': '2025-12'
};

describe('the first date that is loaded', () => {
  it.each(PERIODS)('is right for %s', period => {
    expect(sinceOf(period, new Date('2026-11-22T10:00Z'))).toBe(SINCE[period]);
  });

  it('is that of UTC, whatever the clock on the wall says', () => {
    const eve = new Date('2025-12-31T23:30:00-01:00'); // 2026 in UTC
    expect(sinceOf('year to date', eve)).toBe('2026');
    expect(sinceOf('this month', eve)).toBe('2026-01');
  });

  it('reaches into the year before', () => {
    const january = new Date('2026-01-31T12:00Z');
    expect(sinceOf('12 months', january)).toBe('2025-02');
    expect(sinceOf('quarter', january)).toBe('2026-01');
  });
});
