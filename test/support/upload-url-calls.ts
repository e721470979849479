/** The life of an upload URL by the rules alone, as an app in process leads it: made, sent to, looked at. */

import type { IncomingBytes, StoreResult } from '../../src/domain/incoming-bytes.ts';
import type { GenerateUploadUrlInput, UploadUrl } from '../../src/domain/model.ts';
import type { UseCases } from '../../src/domain/use-cases.ts';
import { app, tokenOf } from './use-case-input.ts';

/** For a store whose limits a test can reach. */
export const smallUploads = {
  maxUploadBytes: 1_000,
  contentTypes: ['image/*', 'text/plain', 'application/octet-stream'],
};

export interface UploadUrlCalls {
  make(input?: GenerateUploadUrlInput): Promise<UploadUrl>;
  send(uploadUrl: UploadUrl, incoming: IncomingBytes): Promise<StoreResult>;
  see(uploadUrl: { readonly id: string }): Promise<UploadUrl>;
}

/** @param rules of the store, which is opened only when the tests begin */
export function uploadUrlCalls(rules: () => UseCases): UploadUrlCalls {
  return {
    make: (input = {}) => rules().generateUploadUrl(input, app),
    send: (uploadUrl, incoming) => rules().receiveUpload(tokenOf(uploadUrl), async () => incoming),
    async see({ id }) {
      const [uploadUrl] = await rules().uploadUrlsByIds([id], app);
      if (!uploadUrl) throw new Error('The upload URL is gone');
      return uploadUrl;
    },
  };
}
