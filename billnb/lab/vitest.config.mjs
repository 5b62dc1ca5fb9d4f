import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/*.test.ts'],
    // JupyterLab's packages are written for bundlers
    server: { deps: { inline: [/@jupyterlab/] } }
  }
});
