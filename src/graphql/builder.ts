/**
 * The only Pothos builder. It decides what holds for the whole schema: nothing is null unless a field says so,
 * connections have one shape, and IDs are the storage's own, never wrapped.
 */
import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import RelayPlugin from '@pothos/plugin-relay';
import SimpleObjectsPlugin from '@pothos/plugin-simple-objects';
import type { JsonObject } from '../domain/model.ts';
import type { GraphqlContext } from './context.ts';
import { connectionDescriptions, nodeFields } from './relay.ts';
import { dateTime, jsonObject, safeInt, upload, url, type WrappedJson } from './scalars.ts';
import type { IncomingUpload } from './uploads/incoming-upload.ts';

export interface SchemaTypes {
  Context: GraphqlContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSONObject: { Input: JsonObject; Output: WrappedJson };
    SafeInt: { Input: number; Output: number };
    URL: { Input: URL; Output: string };
    Upload: { Input: IncomingUpload; Output: never };
  };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [RelayPlugin, DataloaderPlugin, SimpleObjectsPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  relay: { ...connectionDescriptions, ...nodeFields },
  complexity: { defaultComplexity: 1, defaultListMultiplier: 10 },
});

builder.addScalarType('DateTime', dateTime);
builder.addScalarType('JSONObject', jsonObject);
builder.addScalarType('SafeInt', safeInt);
builder.addScalarType('URL', url);
builder.addScalarType('Upload', upload);

builder.queryType({ description: 'Reads. Nothing here changes anything.' });
builder.mutationType({
  description:
    'Changes. A client that lost the answer may send the same request again. Every one is safe to repeat, but `uploadFile` and `storeFileFromUrl` without an `idempotencyKey`, which store another file, and `sendFile`, which sends again.',
});
