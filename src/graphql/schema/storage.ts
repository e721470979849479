/** `Storage`: what is stored altogether. */
import type { StorageTotals } from '../../domain/model.ts';
import { builder } from '../builder.ts';

const ContentTypeUsage = builder.simpleObject('ContentTypeUsage', {
  description: 'What files of one content type take up.',
  fields: (t) => ({
    contentType: t.string({ description: 'The media type.' }),
    fileCount: t.field({ type: 'SafeInt', description: 'How many files.' }),
    totalSize: t.field({ type: 'SafeInt', description: 'Their sizes together, in bytes.' }),
  }),
});

const Storage = builder.objectRef<StorageTotals>('Storage').implement({
  description: 'What is stored altogether.',
  fields: (t) => ({
    id: t.id({ description: 'Always the same: there is one storage.', resolve: () => 'storage' }),
    fileCount: t.expose('fileCount', { type: 'SafeInt', description: 'How many files.' }),
    totalSize: t.expose('totalSize', { type: 'SafeInt', description: 'Their sizes together, in bytes.' }),
    storedSize: t.expose('storedSize', {
      type: 'SafeInt',
      description: 'Bytes that are really kept: equal content is kept once.',
    }),
    unreferencedCount: t.expose('unreferencedCount', {
      type: 'SafeInt',
      description: 'How many files no document holds.',
    }),
    unreferencedSize: t.expose('unreferencedSize', {
      type: 'SafeInt',
      description: 'The sizes of those together, in bytes.',
    }),
    collectingSince: t.expose('collectingSince', {
      type: 'DateTime',
      nullable: true,
      description:
        'Since when files that nothing holds are collected: from the first attachment on. Null: this store has never seen one, and no file is collected.',
    }),
    byContentType: t.field({
      type: [ContentTypeUsage],
      description: 'The same by content type.',
      resolve: (totals) => totals.byContentType,
    }),
    asOf: t.expose('asOf', { type: 'DateTime', description: 'When this was counted: up to a minute ago.' }),
  }),
});

builder.queryField('storage', (t) =>
  t.field({
    type: Storage,
    description: 'What is stored altogether.',
    complexity: 10,
    resolve: (_root, _args, { useCases, caller }) => useCases.storageTotals(caller),
  }),
);
