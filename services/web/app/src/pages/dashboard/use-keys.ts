/**
 * The broadcaster's keys and what can be done with them. Opened keys (created, rotated, revealed) are held in memory for
 * this visit only. When the server wants a recent sign-in, `reauth` waits with the call until it was proved who this is.
 */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { askAgain } from "../../api/ask-again";
import { createKey, deleteKey, revealKey, rotateKey, setKeyEnd, streamKeys } from "../../api/calls";
import type { OpenStreamKey } from "../../api/contract";
import { Problem, sentence } from "../../api/problem";
import { keys } from "../../live/use-live";

export type KeyDeed =
  | { what: "create"; name: string }
  | { what: "reveal"; id: string }
  | { what: "rotate"; id: string }
  | { what: "end"; id: string; at: string | null }
  | { what: "delete"; id: string };

/** A rotated key's predecessor is let in for so long, so that OBS can be changed without hurry. */
const OVERLAP_S = 600;

export function useKeys() {
  const client = useQueryClient();
  const list = useQuery({
    queryKey: keys.streamKeys,
    queryFn: async ({ signal }) => (await streamKeys(signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [opened, setOpened] = useState<OpenStreamKey | null>(null);
  /** Opened just now, and not brought into sight yet. */
  const fresh = useRef(false);
  /** What is typed as the next key's name. */
  const [newName, setNewName] = useState("");
  const [reauth, setReauth] = useState<KeyDeed | null>(null);

  const deed = useMutation({
    mutationFn: async (wanted: KeyDeed): Promise<OpenStreamKey | null> => {
      switch (wanted.what) {
        case "create":
          return createKey(wanted.name);
        case "reveal":
          return revealKey(wanted.id);
        case "rotate":
          return rotateKey(wanted.id, OVERLAP_S);
        case "end":
          await setKeyEnd(wanted.id, wanted.at);
          return null;
        case "delete":
          await deleteKey(wanted.id);
          return null;
      }
    },
    onSuccess: (key, wanted) => {
      if (wanted.what === "create") setNewName((now) => (now.trim() === wanted.name ? "" : now));
      if (key) {
        fresh.current = true;
        setOpened(key);
      } else if (wanted.what === "delete") setOpened((now) => (now?.id === wanted.id ? null : now));
      if (wanted.what !== "reveal") void askAgain(client, keys.streamKeys);
    },
    onError: (error, wanted) => {
      if (error instanceof Problem && error.code === "reauth_required") setReauth(wanted);
    },
  });

  const waiting = deed.error instanceof Problem && deed.error.code === "reauth_required";
  return {
    list,
    opened,
    fresh,
    newName,
    setNewName,
    act: deed.mutate,
    busy: deed.isPending,
    error: deed.error && !waiting ? sentence(deed.error) : null,
    reauth,
    cancelReauth: () => setReauth(null),
    /** It was proved who this is: goes on with what waited. */
    resume: () => {
      if (!reauth) return;
      setReauth(null);
      deed.mutate(reauth);
    },
  };
}

export type Keys = ReturnType<typeof useKeys>;
