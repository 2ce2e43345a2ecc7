/** Import cycles: static imports, `import type` and `import()` count alike. */
export default {
  forbidden: [
    {
      name: 'no-import-cycle',
      comment: 'Move what both files need to a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
