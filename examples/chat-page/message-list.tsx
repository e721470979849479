/** The messages, the newest below; words where there are none yet, and shapes while they are on their way. */
import type { ReactElement } from 'react';
import type { ChatMessage } from './chat-types.ts';
import { ChatIcon, DownIcon } from './icons.tsx';
import { Message } from './message.tsx';
import { useNewestInView } from './use-newest-in-view.ts';

export interface MessageListProps {
  readonly me: string;
  readonly messages: readonly ChatMessage[] | null;
  onDelete(id: string): Promise<void>;
}

export function MessageList({ me, messages, onDelete }: MessageListProps): ReactElement {
  const { viewport, content, isAtEnd, scrollToEnd } = useNewestInView();
  return (
    <div className="messages">
      <div className="viewport" ref={viewport} role="log" aria-label="Messages">
        {messages === null && <Loading />}
        {messages?.length === 0 && <Empty />}
        <ol ref={content}>
          {messages?.map((message, index) => (
            <Message
              key={message.id}
              message={message}
              isMine={message.author === me}
              isFirstOfAuthor={messages[index - 1]?.author !== message.author}
              onDelete={onDelete}
            />
          ))}
        </ol>
      </div>
      {!isAtEnd && (
        <button type="button" className="to-newest" onClick={scrollToEnd}>
          <DownIcon />
          Newest
        </button>
      )}
    </div>
  );
}

function Loading(): ReactElement {
  return (
    <div className="loading" role="status">
      <span className="shape" />
      <span className="shape" data-mine="true" />
      <span className="shape" />
      <p>Loading messages…</p>
    </div>
  );
}

function Empty(): ReactElement {
  return (
    <div className="empty">
      <ChatIcon />
      <p className="headline">Nobody has said anything yet</p>
      <p>Write the first message, or send a picture.</p>
    </div>
  );
}
