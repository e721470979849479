/** apollo-upload-client 19 carries its types in comments only. */
declare module 'apollo-upload-client/UploadHttpLink.mjs' {
  import { ApolloLink } from '@apollo/client/link';

  export default class UploadHttpLink extends ApolloLink {
    constructor(options: { readonly uri: string; readonly headers?: Readonly<Record<string, string>> });
  }
}
