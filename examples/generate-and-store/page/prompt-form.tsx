/** Where one says what to draw. */
import { type ReactElement, type SubmitEvent, useState } from 'react';

const examples = [
  'Evening in the mountains',
  'Winter night over the hills',
  'Spring morning',
  'Dunes on Mars',
];
/** What the stand-in answers to these, its head says. */
const failures = ['fail', 'busy', 'text', 'slow', 'break'];
const mostCharacters = 200;

export function PromptForm({ onGenerate }: { onGenerate(prompt: string): void }): ReactElement {
  const [prompt, setPrompt] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (prompt.trim() === '') return;
    onGenerate(prompt.trim());
    setPrompt('');
  };
  return (
    <section className="ask" aria-label="A new picture">
      <form onSubmit={submit}>
        <input
          value={prompt}
          maxLength={mostCharacters}
          aria-label="What the picture shall show"
          placeholder="Say what to draw"
          onChange={(event) => setPrompt(event.target.value)}
        />
        <button type="submit" className="primary" disabled={prompt.trim() === ''}>
          Draw it
        </button>
      </form>
      <Prompts prompts={examples} onGenerate={onGenerate} />
      <details>
        <summary>What if the third party fails?</summary>
        <p>To these prompts it answers as real ones do on a bad day. What is left of a failure: nothing.</p>
        <Prompts prompts={failures} onGenerate={onGenerate} />
      </details>
    </section>
  );
}

function Prompts(props: {
  readonly prompts: readonly string[];
  onGenerate(prompt: string): void;
}): ReactElement {
  return (
    <div className="prompts">
      {props.prompts.map((prompt) => (
        <button key={prompt} type="button" className="prompt" onClick={() => props.onGenerate(prompt)}>
          {prompt}
        </button>
      ))}
    </div>
  );
}
