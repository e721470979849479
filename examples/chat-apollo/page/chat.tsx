/** The chat, over Apollo Client: polls for messages, and sends texts and images. */
import { useMutation, useQuery } from '@apollo/client/react';
import type { ReactElement } from 'react';
import { type ChatMessage, ChatView, useRandomName, wordsOf } from '../../chat-page/index.ts';
import { addMessage, removeMessage } from './cached-messages.ts';
import { deleteMessage, type Message, messagesQuery, sendMessage } from './operations.ts';
import { useImageSending } from './use-image-sending.ts';

export function Chat(): ReactElement {
  const me = useRandomName();
  const { data, previousData, error } = useQuery(messagesQuery, { pollInterval: 1_000 });
  const [send] = useMutation(sendMessage, {
    update: (cache, { data }) => addMessage(cache, data?.sendMessage),
  });
  const [remove] = useMutation(deleteMessage);
  const upload = useImageSending(me);
  // While the server can't be reached, what was there last stays.
  const messages = (data ?? previousData)?.messages;
  return (
    <ChatView
      title="Chat"
      subtitle="Apollo Client, with Gridhold inside the app’s server"
      me={me}
      messages={messages?.map(toShown) ?? null}
      problem={error ? wordsOf(error) : null}
      upload={upload}
      onSend={async (body) => {
        await send({ variables: { body, author: me } });
      }}
      onDelete={async (id) => {
        await remove({ variables: { id }, update: (cache) => removeMessage(cache, id) });
      }}
    />
  );
}

function toShown({ image, ...message }: Message): ChatMessage {
  if (image === null) return { ...message, image };
  return { ...message, image: image.url === null ? 'gone' : { url: image.url } };
}
