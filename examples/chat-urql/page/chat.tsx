/** The chat, over urql: polls for messages, sends texts by GraphQL, and images by a route of their own. */
import type { ReactElement } from 'react';
import { useMutation } from 'urql';
import { ChatView, useRandomName, wordsOf } from '../../chat-page/index.ts';
import { deleteMessage, sendMessage } from './operations.ts';
import { useImageSending } from './use-image-sending.ts';
import { useMessages } from './use-messages.ts';

export function Chat({ api }: { readonly api: string }): ReactElement {
  const me = useRandomName();
  const { messages, error, refresh } = useMessages();
  const [, send] = useMutation(sendMessage);
  const [, remove] = useMutation(deleteMessage);
  const upload = useImageSending(api, me, refresh);
  return (
    <ChatView
      title="Chat"
      subtitle="urql, with Gridhold behind the app’s own HTTP routes"
      me={me}
      messages={messages}
      problem={error ? wordsOf(error) : null}
      upload={upload}
      onSend={async (body) => {
        const result = await send({ body, author: me });
        if (result.error) throw result.error;
        refresh();
      }}
      onDelete={async (id) => {
        const result = await remove({ id });
        if (result.error) throw result.error;
        refresh();
      }}
    />
  );
}
