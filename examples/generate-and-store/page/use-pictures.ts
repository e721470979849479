/** The pictures that are there, and those that are still being made. */
import { useCallback, useEffect, useState } from 'react';
import { deletePicture, generateImage, listPictures, type Picture, problemOf, sendToPrinter } from './api.ts';

/** A picture that was asked for, and is not there yet. */
export interface Wish {
  readonly key: string;
  readonly prompt: string;
  /** Words, where it failed. */
  readonly problem: string | null;
}

export interface UsePictures {
  /** The newest first; null while they are loaded for the first time. */
  readonly pictures: readonly Picture[] | null;
  readonly wishes: readonly Wish[];
  /** Words, where the pictures could not be loaded. */
  readonly problem: string | null;
  generate(prompt: string): void;
  retry(wish: Wish): void;
  discard(wish: Wish): void;
  /** @throws what the third party or the server said */
  print(id: string): Promise<void>;
  /** @throws what the server said */
  remove(id: string): Promise<void>;
  reload(): void;
}

export function usePictures(): UsePictures {
  const [pictures, setPictures] = useState<readonly Picture[] | null>(null);
  const [wishes, setWishes] = useState<readonly Wish[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  const load = useCallback(async (): Promise<void> => {
    try {
      setPictures(await listPictures());
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  }, []);
  useEffect(() => {
    void load();
  }, [load]);

  const changeWish = (key: string, changed: Wish | null): void =>
    setWishes((all) => all.flatMap((one) => (one.key === key ? (changed ?? []) : one)));
  const changePicture = (id: string, change: (picture: Picture) => Picture | null): void =>
    setPictures((all) => all?.flatMap((one) => (one.id === id ? (change(one) ?? []) : one)) ?? null);

  const make = async (wish: Wish): Promise<void> => {
    try {
      const picture = await generateImage(wish.prompt);
      changeWish(wish.key, null);
      // A reload may have brought it already.
      setPictures((all) => [picture, ...(all ?? []).filter(({ id }) => id !== picture.id)]);
    } catch (error) {
      changeWish(wish.key, { ...wish, problem: problemOf(error) });
    }
  };

  return {
    pictures,
    wishes,
    problem,
    generate(prompt) {
      const wish = { key: crypto.randomUUID(), prompt, problem: null };
      setWishes((all) => [wish, ...all]);
      void make(wish);
    },
    retry(wish) {
      const again = { ...wish, problem: null };
      changeWish(wish.key, again);
      void make(again);
    },
    discard: (wish) => changeWish(wish.key, null),
    async print(id) {
      const receipt = await sendToPrinter(id);
      changePicture(id, (picture) => ({ ...picture, receipt }));
    },
    async remove(id) {
      await deletePicture(id);
      changePicture(id, () => null);
    },
    reload: () => void load(),
  };
}
