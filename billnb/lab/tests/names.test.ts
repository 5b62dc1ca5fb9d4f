import { describe, expect, it } from 'vitest';
import { nameProblem, notebookName, notebookStem } from '../src/names';
import { trans } from './translation';

describe('the name of an account', () => {
  it.each(['production', 'a', '9lives', 'eu-west_1', 'x'.repeat(64)])(
    'may be %s',
    name => expect(nameProblem(name, [], trans)).toBeNull()
  );

  it.each([
    '',
    '-first',
    '_first',
    'a/b',
    '../up',
    'a.b',
    'a b',
    'é',
    'x'.repeat(65)
  ])('is not %s', name => expect(nameProblem(name, [], trans)).not.toBeNull());

  it('is not taken, nor another’s in the environment', () => {
    for (const name of ['voice', 'VOICE', 'eu_1', 'eu-1']) {
      const problem = nameProblem(name, ['voice', 'eu-1'], trans);
      expect(problem).toContain('already');
    }
  });
});

describe('the name of a notebook', () => {
  it('says what it is about', () => {
    expect(notebookStem(['production'])).toBe('billing-production');
    expect(notebookStem(['a', 'b'])).toBe('billing-a-b');
    expect(notebookStem(['a', 'b'], 'analysis')).toBe('billing-a-b-analysis');
    expect(notebookStem([])).toBe('billing');
    expect(notebookStem([], 'analysis')).toBe('billing-analysis');
  });

  it('stays short with many accounts', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `a${index}`);
    expect(notebookStem(names)).toBe('billing-1000-accounts');
    expect(notebookStem(['x'.repeat(500)]).length).toBeLessThan(60);
  });

  it('leads into no other folder', () => {
    expect(notebookStem(['../../x', 'C:\\y'])).not.toMatch(/[/\\.:]/);
  });

  it('is numbered when it is taken', () => {
    const taken = ['billing.ipynb', 'billing-2.ipynb'];
    expect(notebookName('billing', [])).toBe('billing.ipynb');
    expect(notebookName('billing', taken)).toBe('billing-3.ipynb');
  });
});
