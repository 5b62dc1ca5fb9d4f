import { describe, expect, it } from 'vitest';
import { moved } from '../src/moving';

const NAMES = Array.from({ length: 30 }, (_, index) => `a${index}`);

describe('a key in the list', () => {
  it.each([
    ['ArrowDown', 'a5', 'a6'],
    ['ArrowUp', 'a5', 'a4'],
    ['PageDown', 'a5', 'a15'],
    ['PageUp', 'a5', 'a0'],
    ['Home', 'a5', 'a0'],
    ['End', 'a5', 'a29'],
    ['ArrowDown', 'a29', 'a29'],
    ['ArrowUp', 'a0', 'a0']
  ])('%s leads from %s to %s', (key, from, to) => {
    expect(moved(key, NAMES, from)).toBe(to);
  });

  it('leads nowhere when it is no such key, or the row is gone', () => {
    expect(moved('x', NAMES, 'a5')).toBeNull();
    expect(moved('toString', NAMES, 'a5')).toBeNull();
    expect(moved('End', NAMES, 'gone')).toBeNull();
  });
});
