import { describe, expect, it } from 'vitest';
import { Round } from '../src/round';

const NAMES = Array.from({ length: 20 }, (_, index) => `a${index}`);

function turn(): Promise<void> {
  return new Promise(done => setTimeout(done));
}

describe('a round', () => {
  it('does all, a few at a time, and says how far it is', async () => {
    const round = new Round(NAMES);
    const met: string[] = [];
    let now = 0;
    let most = 0;
    await round.run(async name => {
      most = Math.max(most, ++now);
      await turn();
      met.push(name);
      now--;
      expect(round.done).toBeLessThan(round.total);
    });
    expect(met.sort()).toEqual([...NAMES].sort());
    expect(most).toBe(4);
    expect([round.done, round.total, round.stopped]).toEqual([20, 20, false]);
  });

  it('ends what has begun when it is stopped, and begins no more', async () => {
    const round = new Round(NAMES);
    const met: string[] = [];
    let left: string[] = [];
    await round.run(async name => {
      if (met.length === 0) {
        left = round.stop();
      }
      met.push(name);
      await turn();
    });
    expect([...met, ...left].sort()).toEqual([...NAMES].sort());
    expect(met.length).toBeLessThanOrEqual(4);
    expect(round.done).toBe(met.length);
    expect(round.stopped).toBe(true);
  });

  it('of none is done at once', async () => {
    await new Round([]).run(() => Promise.reject(new Error('called')));
  });
});
