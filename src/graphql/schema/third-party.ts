/** Files from third parties and to them. Which addresses may be reached is left to src/outbound. */
import { builder } from '../builder.ts';
import { File } from './refs.ts';
import { StoreFileInput } from './upload.ts';

const SendFileInput = builder.inputType('SendFileInput', {
  description: 'Where a file is sent, and how.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      required: true,
      description: 'An `http:` or `https:` address, without credentials in it: those go into `headers`.',
    }),
    method: t.string({ required: true, defaultValue: 'PUT', description: '`PUT`, `POST` or `PATCH`.' }),
    headers: t.field({
      type: 'JSONObject',
      description:
        'Names and their values, as text: `{Authorization: "Bearer …"}`. They are never logged, and never follow a redirect to another origin.',
    }),
  }),
});

const SendFileResult = builder.simpleObject('SendFileResult', {
  description: 'What a third party said to a file.',
  fields: (t) => ({
    status: t.int({ description: 'Its HTTP status, always a success: any other is `FETCH_FAILED`.' }),
  }),
});

builder.mutationFields((t) => ({
  storeFileFromUrl: t.field({
    type: File,
    description:
      'Stores what a third party has at this address: the server fetches it. Only public addresses are reached, and what `GRIDHOLD_FETCH_ALLOW` names.',
    args: {
      url: t.arg({ type: 'URL', required: true, description: 'An `http:` or `https:` address.' }),
      input: t.arg({ type: StoreFileInput, description: 'What the stored file shall be.' }),
    },
    resolve: async (_root, { url, input }, { useCases, caller, departed }) =>
      (await useCases.storeFileFromUrl(url, input ?? {}, caller, departed)).file,
  }),
  sendFile: t.field({
    type: SendFileResult,
    description:
      'Sends a file to a third party: the server streams its bytes. Sent again, the third party gets them again.',
    args: {
      id: t.arg.id({ required: true, description: 'The storage ID.' }),
      to: t.arg({ type: SendFileInput, required: true, description: 'Where to, and how.' }),
    },
    resolve: (_root, { id, to }, { useCases, caller, departed }) =>
      useCases.sendFile(id, to, caller, departed),
  }),
}));
