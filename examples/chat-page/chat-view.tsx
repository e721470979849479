/** The whole chat as one sees it. */
import { type ReactElement, useEffect, useState } from 'react';
import type { ChatViewProps } from './chat-types.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import { Notice } from './notice.tsx';
import { wordsOf } from './words-of.ts';
import './style.css';

export function ChatView(props: ChatViewProps): ReactElement {
  const { title, subtitle, me, messages, problem, upload } = props;
  const [failure, setFailure] = useState<string | null>(null);
  const [dismissed, setDismissed] = useState<string | null>(null);
  // A problem that passes and comes again is a new one.
  useEffect(() => {
    if (problem === null) setDismissed(null);
  }, [problem]);

  const attempt = async (work: Promise<void>): Promise<void> => {
    setFailure(null);
    try {
      await work;
    } catch (error) {
      setFailure(wordsOf(error));
      throw error;
    }
  };

  return (
    <main className="chat">
      <header>
        <div>
          <h1>{title}</h1>
          <p className="subtitle">{subtitle}</p>
        </div>
        <p className="me">
          You are <strong>{me}</strong>
        </p>
      </header>
      {problem !== null && problem !== dismissed && (
        <Notice words={problem} onDismiss={() => setDismissed(problem)} />
      )}
      {failure !== null && failure !== problem && (
        <Notice words={failure} onDismiss={() => setFailure(null)} />
      )}
      <MessageList me={me} messages={messages} onDelete={(id) => attempt(props.onDelete(id))} />
      <Composer upload={upload} onSend={(text) => attempt(props.onSend(text))} />
    </main>
  );
}
