import { describe, expect, it } from 'vitest';
import type { ICell } from '../src/notebooks';
import { analysis, dashboard, notebook, quoted, tour } from '../src/notebooks';
import { trans } from './translation';

function python(cells: ICell[]): string[] {
  return cells
    .filter(cell => cell.cell_type === 'code')
    .map(cell => cell.source);
}

describe('a dashboard', () => {
  it('names accounts, and nothing more of them', () => {
    const accounts = ['production', 'voice'];
    expect(python(dashboard({ accounts }, '2025-12', trans))).toEqual([
      'import billnb\n\nhistory = billnb.load("production", "voice", since="2025-12")',
      'billnb.explore(history)'
    ]);
  });

  it('is about all accounts when none is named', () => {
    const [load] = python(dashboard({ accounts: [] }, null, trans));
    expect(load).toBe('import billnb\n\nhistory = billnb.load()');
  });

  it('is about the made-up accounts in the demo', () => {
    const [load] = python(dashboard('demo', null, trans));
    expect(load).toBe('import billnb\n\nhistory = billnb.demo()');
  });

  it('says what to do where it is not run', () => {
    const [title] = dashboard('demo', null, trans, 'Run all cells.');
    expect(title.source).toMatch(/\n\nRun all cells\.$/);
  });

  it('writes many accounts below each other', () => {
    const accounts = Array.from(
      { length: 20 },
      (_, index) => `account-${index}`
    );
    const [load] = python(dashboard({ accounts }, '2026', trans));
    expect(load).toContain('billnb.load(\n    "account-0",\n');
    expect(load).toMatch(/ {4}since="2026",\n\)$/);
  });
});

describe('an analysis', () => {
  it('loads first, and then asks', () => {
    const cells = python(analysis({ accounts: ['voice'] }, null, trans));
    expect(cells[0]).toContain('history = billnb.load("voice")');
    expect(cells.slice(1).join()).toContain('billnb.analysis.charges(history)');
    expect(cells.slice(1).join()).not.toContain('load');
  });
});

describe('the tour', () => {
  it('needs no account', () => {
    expect(python(tour(trans)).join()).not.toContain('billnb.load(');
  });
});

describe('a name in Python', () => {
  it('stays one string, whatever it holds', () => {
    expect(quoted('a"b\\c\n')).toBe('"a\\"b\\\\c\\n"');
    expect(quoted('é{x}$')).toBe('"é{x}$"');
    expect(quoted('\ud800')).toBe('"\\ud800"');
  });
});

describe('a title', () => {
  it('shows a name as it is', () => {
    const accounts = ['<img src=x>', '[a](javascript:b)'];
    const [title] = dashboard({ accounts }, null, trans);
    expect(title.source).toBe(
      '# Billing: \\<img src=x\\>, \\[a\\]\\(javascript:b\\)'
    );
  });
});

describe('a notebook', () => {
  it('is one, of the kernel it is to run on', () => {
    const kernel = { name: 'py', display_name: 'Python', language: 'python' };
    const cells = dashboard('demo', null, trans);
    expect(notebook(cells, kernel)).toMatchObject({
      nbformat: 4,
      metadata: { kernelspec: kernel },
      cells: [
        { id: 'billing-1', cell_type: 'markdown' },
        { id: 'billing-2', cell_type: 'code', outputs: [] },
        { id: 'billing-3', execution_count: null }
      ]
    });
  });

  it('names no kernel when there is none for Python', () => {
    expect(notebook([], null)).toMatchObject({ metadata: {} });
  });
});
