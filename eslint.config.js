import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** A library has its rooms: it may be imported only there. */
const rooms = {
  'src/vault': ['undici', 'undici/*'],
  'src/source': [
    'csv-parse',
    'csv-parse/*',
    'fzstd',
    'hyparquet',
    'hyparquet/*',
    'hyparquet-compressors',
    'snowflake-sdk',
    'xxhash-wasm',
  ],
  'src/config': ['conf', 'jsonc-parser'],
  'src/privacy': ['age-encryption'],
  'src/retry': ['p-retry'],
  'src/store': ['pg'],
  'supervisor/cluster': ['bullmq'],
  supervisor: ['execa', 'listr2'],
};

/** The import rule: supervisor -> src, child -> src, nothing else. */
const foreign = {
  src: ['**/supervisor/**', '**/child/**', '**/benchmarks/**'],
  supervisor: ['**/child/**', '**/benchmarks/**'],
  child: ['**/supervisor/**', '**/benchmarks/**'],
};

// Later entries win, so a room stands after the folder that holds it.
const restrictions = [
  'src',
  'src/vault',
  'src/source',
  'src/config',
  'src/privacy',
  'src/journal',
  'src/retry',
  'src/store',
  'supervisor',
  'supervisor/cluster',
  'child',
].map((folder) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: foreign[folder.split('/')[0]],
            message: 'supervisor -> src, child -> src, never each other, src never either.',
          },
          ...(folder === 'src/journal'
            ? []
            : [
                {
                  group: ['**/journal/file/**'],
                  message: 'what a run directory looks like is known there only.',
                },
              ]),
          ...Object.entries(rooms)
            .filter(([room]) => room !== folder)
            .map(([room, group]) => ({ group, message: `belongs to ${room}` })),
        ],
      },
    ],
  },
}));

/** What a kind of source is, its object says: elsewhere nobody asks which one it is. */
const sourceName = '[value=/^(csv|parquet|snowflake|error_log)$/]';
const kindsAreNotNamed = [
  `BinaryExpression:has(> MemberExpression[property.name=/^(source|kind)$/]) > Literal${sourceName}`,
  `BinaryExpression:has(> Identifier[name=source]) > Literal${sourceName}`,
  `SwitchCase > Literal[value=/^(csv|error_log)$/]`,
].map((selector) => ({ selector, message: 'ask the kind: src/source/source-kinds.ts' }));

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
    files: ['src/**/*.ts', 'supervisor/**/*.ts', 'child/**/*.ts'],
    ignores: ['src/source/**'],
    rules: { 'no-restricted-syntax': ['error', ...kindsAreNotNamed] },
  },
  {
    files: ['supervisor/**/*.ts'],
    ignores: [
      'supervisor/main.ts',
      'supervisor/view/{write-for-people,live-region}.ts',
      'supervisor/commands/{check/check,completion/*,version/version}-command.ts',
      'supervisor/commands/completion/*.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        // What is said last of a rule replaces what was said before.
        ...kindsAreNotNamed,
        {
          selector:
            "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]",
          message: 'writeForPeople, or writeDocument: nothing else knows what a terminal obeys.',
        },
      ],
    },
  },
  {
    files: ['benchmarks/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/supervisor/**', '**/child/**'],
              message: 'benchmarks -> src; they run the program as its users do.',
            },
          ],
        },
      ],
    },
  },
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
