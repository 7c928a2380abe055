/** For whom the channel is: the five choices with what each means, its password, and its secret link. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { editOwnStream, endWatchLink, makeWatchLink, watchLink } from "../../api/calls";
import type { Visibility as Kind, OwnStream } from "../../api/contract";
import { Problem, sentence } from "../../api/problem";
import { say } from "../../language/say";
import { keys } from "../../live/use-live";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { Bars } from "./skeleton";
import { ValueRow } from "./value-row";

const CHOICES: Array<{ kind: Kind; label: MessageDescriptor; means: MessageDescriptor }> = [
  {
    kind: "public",
    label: msg`Public`,
    means: msg`Everybody can watch, and finds you in the list of who is live.`,
  },
  {
    kind: "unlisted",
    label: msg`Unlisted`,
    means: msg`Everybody with the address of your channel can watch. No list or search shows it.`,
  },
  {
    kind: "followers",
    label: msg`Followers`,
    means: msg`Only people who follow you can watch and chat. Everybody sees that you are live.`,
  },
  {
    kind: "password",
    label: msg`Password`,
    means: msg`Only people who know the password can watch. Everybody sees that you are live.`,
  },
  {
    kind: "private",
    label: msg`Private`,
    means: msg`Only people with your secret link can watch. To everybody else you are offline.`,
  },
];

export function VisibilityEditor({ stream }: { stream: OwnStream }) {
  const client = useQueryClient();
  const now = stream.visibility ?? "public";
  const [chosen, setChosen] = useState<Kind | null>(null);
  const [password, setPassword] = useState("");
  const kind = chosen ?? now;
  const save = useMutation({
    mutationFn: () =>
      editOwnStream({ visibility: kind, ...(kind === "password" && password ? { password } : {}) }),
    onSuccess: (saved) => {
      setChosen(null);
      setPassword("");
      client.setQueryData<OwnStream>(keys.own, (own) => own && { ...own, ...saved });
    },
  });
  const wrong = save.error instanceof Problem ? save.error.field("password") : undefined;
  const changed = kind !== now || (kind === "password" && password !== "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <section aria-labelledby="visibility-title" className="rounded-md border bg-raised p-4 sm:p-5">
      <h2 id="visibility-title" className="text-base font-semibold">
        {t`Who can watch`}
      </h2>
      <form onSubmit={submit} className="flex flex-col gap-3 pt-3">
        <fieldset className="flex flex-col gap-2">
          <legend className="sr-only">{t`Who can watch`}</legend>
          {CHOICES.map(({ kind: each, label, means }) => (
            <label key={each} className="flex gap-3">
              <input
                type="radio"
                name="visibility"
                value={each}
                checked={kind === each}
                data-testid={`visibility-${each}`}
                aria-describedby={`visibility-${each}-means`}
                onChange={() => setChosen(each)}
                className="mt-1 size-4 shrink-0"
              />
              <span className="min-w-0">
                <span className="font-medium">{say(label)}</span>
                <span id={`visibility-${each}-means`} className="block text-sm text-quiet">
                  {say(means)}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        {kind === "password" && (
          <Field
            label={now === "password" ? t`Another password` : t`Password`}
            hint={t`4 to 128 characters. It is not shown again. With another one, everybody has to enter it anew.`}
            type="text"
            autoComplete="off"
            maxLength={128}
            data-testid="channel-password"
            value={password}
            error={wrong ?? undefined}
            onChange={(e) => setPassword(e.target.value)}
          />
        )}
        {kind !== now && (
          <p className="text-sm text-quiet">
            {t`Whoever may not watch any more is cut off within seconds, also in the middle of a broadcast.`}
          </p>
        )}
        {save.error && !wrong && <FormError>{sentence(save.error)}</FormError>}
        <div>
          <Button
            type="submit"
            weight={changed ? "primary" : "plain"}
            disabled={!changed}
            busy={save.isPending}
            data-testid="visibility-save"
          >
            {save.isSuccess && !changed ? t`Saved` : t`Save`}
          </Button>
        </div>
      </form>
      {now === "private" && <SecretLink />}
    </section>
  );
}

function SecretLink() {
  const client = useQueryClient();
  const queryKey = ["watch-link"];
  const link = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      try {
        return await watchLink(signal);
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const make = useMutation({
    mutationFn: makeWatchLink,
    onSuccess: (made) => client.setQueryData(queryKey, made),
  });
  const end = useMutation({
    mutationFn: endWatchLink,
    onSuccess: () => client.setQueryData(queryKey, null),
  });
  const failed = link.error ?? make.error ?? end.error;
  return (
    <div className="mt-4 flex flex-col gap-3 border-t pt-4">
      {link.isPending ? (
        <Bars widths={["w-24", "w-full"]} />
      ) : link.data ? (
        <ValueRow label={t`Secret link`} value={link.data.url} secret testId="watch-link" />
      ) : (
        <p className="text-sm text-quiet">{t`There is no link: nobody but you and your team can watch.`}</p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button data-testid="make-watch-link" busy={make.isPending} onClick={() => make.mutate()}>
          {link.data ? t`Make another link` : t`Make a link`}
        </Button>
        {link.data && (
          <Button
            weight="danger"
            data-testid="end-watch-link"
            busy={end.isPending}
            onClick={() => end.mutate()}
          >
            {t`End this link`}
          </Button>
        )}
      </div>
      {link.data && (
        <p className="text-xs text-quiet">
          {t`With another link, or without one, whoever watches by this one is cut off.`}
        </p>
      )}
      {failed && <FormError>{sentence(failed)}</FormError>}
    </div>
  );
}
