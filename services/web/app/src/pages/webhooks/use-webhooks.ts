/**
 * The webhooks and what can be done with them. A secret is held in memory until its owner says that they have it. When the server wants a
 * recent sign-in, `reauth` waits with the call until it was proved who this is.
 */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { afterwards } from "../../api/ask-again";
import { Problem } from "../../api/problem";
import {
  createWebhook,
  deleteWebhook,
  editWebhook,
  type OpenWebhook,
  rotateWebhook,
  testWebhook,
  type WebhookDraft,
  webhooks,
} from "../../api/webhooks";

export type Deed =
  | { what: "create"; draft: WebhookDraft }
  | { what: "edit"; id: string; draft: Partial<WebhookDraft> & { enabled?: boolean } }
  | { what: "rotate"; id: string }
  | { what: "delete"; id: string };

export const KEY = ["own", "webhooks"];
export const logKey = (id: string) => [...KEY, id, "log"];

/** What the page asks anew, so that a webhook that fails is seen to. */
const AGAIN_MS = 15_000;

const waits = (error: unknown) => error instanceof Problem && error.code === "reauth_required";

export function useWebhooks() {
  const client = useQueryClient();
  const list = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => webhooks(signal),
    staleTime: 0,
    refetchInterval: AGAIN_MS,
  });
  const [opened, setOpened] = useState<OpenWebhook | null>(null);
  const [made, setMade] = useState(0);
  const [reauth, setReauth] = useState<Deed | null>(null);
  const deed = useMutation({
    mutationFn: async (wanted: Deed): Promise<OpenWebhook | null> => {
      switch (wanted.what) {
        case "create":
          return createWebhook(wanted.draft);
        case "rotate":
          return rotateWebhook(wanted.id);
        case "edit":
          await editWebhook(wanted.id, wanted.draft);
          return null;
        case "delete":
          await deleteWebhook(wanted.id);
          return null;
      }
    },
    onSuccess: (open, wanted) => {
      if (wanted.what === "create") setMade((n) => n + 1);
      if (open) setOpened(open);
      else if (wanted.what === "delete") setOpened((now) => (now?.id === wanted.id ? null : now));
    },
    onError: (error, wanted) => {
      if (waits(error)) setReauth(wanted);
    },
    onSettled: afterwards(() => client.invalidateQueries({ queryKey: KEY, exact: true })),
  });
  return {
    list,
    opened,
    /** How many were made during this visit. */
    made,
    close: () => setOpened(null),
    act: deed.mutateAsync,
    busy: deed.isPending,
    error: deed.error && !waits(deed.error) ? deed.error : null,
    /** What the error is about. */
    failed: deed.variables,
    reauth,
    cancelReauth: () => setReauth(null),
    /** It was proved who this is: goes on with what waited. */
    resume: async () => {
      if (!reauth) return;
      setReauth(null);
      await deed.mutateAsync(reauth);
    },
  };
}

export type Webhooks = ReturnType<typeof useWebhooks>;

/** Sends a test; the log is asked for at once. */
export function useTest(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => testWebhook(id),
    onSuccess: () => client.invalidateQueries({ queryKey: logKey(id) }),
  });
}
