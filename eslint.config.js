import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** A library has its rooms: each pattern may be imported only from the folders named. */
const rooms = [
  { group: ['undici', 'undici/*'], allowed: ['src/vault/**'] },
  { group: ['execa'], allowed: ['supervisor/**'] },
  { group: ['listr2'], allowed: ['supervisor/**'] },
  { group: ['snowflake-sdk'], allowed: ['src/source/**'] },
  { group: ['csv-parse', 'csv-parse/*'], allowed: ['src/source/**'] },
  { group: ['conf'], allowed: ['src/config/**'] },
];

/** The import rule: supervisor -> src, child -> src, nothing else. */
const processes = {
  src: ['**/supervisor/**', '**/child/**'],
  supervisor: ['**/child/**'],
  child: ['**/supervisor/**'],
};

const restrictions = Object.entries(processes).map(([folder, group]) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group, message: 'supervisor -> src, child -> src, never each other, src never either.' },
          ...rooms
            .filter(({ allowed }) => !allowed.some((room) => room.startsWith(folder)))
            .map(({ group: names, allowed }) => ({
              group: names,
              message: `belongs to ${allowed.join(', ')}`,
            })),
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/**', 'dist-*/**', 'runs/**', 'node_modules/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  ...restrictions,
  {
    files: ['test/**/*.ts'],
    rules: {
      // node:test collects the promises of test() and describe() itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
    },
  },
);
