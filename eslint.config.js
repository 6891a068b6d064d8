import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['build/', 'dist/', '.toolchain/', 'runs/', 'test-output/'] },
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'module',
      globals: { ...globals.node, ...globals.browser, ...globals.worker },
    },
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
];
