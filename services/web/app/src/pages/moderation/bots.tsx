/** Bots of a channel: each has a name, a token that is shown once, and says what it may do. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useId, useState } from "react";
import { type Bot, bots, createBot, revokeBot } from "../../api/chat";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { say } from "../../language/say";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { Field, FormError } from "../../ui/field";
import { ago } from "../../ui/figures";
import { Question } from "../../ui/question";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useNow } from "../../ui/use-now";
import { useQuestion } from "../../ui/use-question";
import { ROW, Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

const SCOPES: Array<[scope: string, words: MessageDescriptor]> = [
  ["read", msg`Read the chat`],
  ["say", msg`Write in it`],
  ["moderate", msg`Moderate: delete, time out, ban`],
];

export function Bots({ room }: { room: string }) {
  const list = usePart(room, "bots", (signal) => bots(room, signal));
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(["read", "say"]);
  const [token, setToken] = useState<{ name: string; token: string } | null>(null);
  const create = useDeed(room, ["bots", "audit"], async () => {
    const made = await createBot(room, name.trim(), scopes);
    setToken({ name: made.name, token: made.token });
    setName("");
  });
  const { of, form } = told(create.error, ["name", "scopes"]);
  const [box, notTaken] = useFirstWrong();
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() && scopes.length > 0) create.mutate(undefined, { onError: notTaken });
  };
  return (
    <Section
      title={t`Bots`}
      testId="desk-bots"
      about={
        <Trans>
          A bot is a program of yours that reads the chat, writes in it or moderates. It goes in with its
          token instead of a password, over the chat's WebSocket or by HTTP:{" "}
          <a
            href="/api/docs/"
            target="_blank"
            rel="noopener"
            className="text-action underline underline-offset-2"
          >
            what it can call
          </a>
          .
        </Trans>
      }
    >
      <form ref={box} onSubmit={submit} className="flex flex-col gap-3 px-4 pb-4 sm:px-5">
        <div className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <Field
              label={t`Name of a new bot`}
              value={name}
              maxLength={25}
              error={of("name")}
              data-testid="bot-name"
              onChange={(e) => {
                setName(e.target.value);
                if (create.error) create.reset();
              }}
            />
          </div>
          <Button
            type="submit"
            className="mt-[1.625rem] !h-10"
            busy={create.isPending}
            disabled={!name.trim() || scopes.length === 0}
            data-testid="bot-create"
          >
            {t`Make it`}
          </Button>
        </div>
        <fieldset className="flex flex-wrap gap-x-5 gap-y-1">
          <legend className="sr-only">{t`What it may do`}</legend>
          {SCOPES.map(([scope, words], n) => (
            <label key={scope} className="flex h-8 items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="size-4 accent-[var(--action-strong)]"
                checked={scopes.includes(scope)}
                aria-invalid={n === 0 && of("scopes") ? true : undefined}
                aria-describedby={n === 0 && of("scopes") ? id : undefined}
                onChange={(e) =>
                  setScopes(e.target.checked ? [...scopes, scope] : scopes.filter((s) => s !== scope))
                }
              />
              {say(words)}
            </label>
          ))}
          {of("scopes") && (
            <p id={id} className="basis-full text-xs text-bad">
              {of("scopes")}
            </p>
          )}
        </fieldset>
        <FormError>{form}</FormError>
        {token && (
          <div role="status" className="flex flex-col gap-2 rounded-sm border border-good bg-ground p-3">
            <p className="text-sm">
              {t`The token of ${token.name}. It is shown this once: copy it now, and keep it as you keep a password.`}
            </p>
            <div className="flex gap-2">
              <code
                data-testid="bot-token"
                className="flex h-9 min-w-0 flex-1 items-center overflow-x-auto rounded-sm border px-3 font-mono text-sm whitespace-nowrap"
              >
                {token.token}
              </code>
              <CopyButton text={token.token} label={t`Copy the token`} testId="copy-bot-token" />
              <Button onClick={() => setToken(null)}>{t`I have it`}</Button>
            </div>
          </div>
        )}
      </form>
      <Rows query={list} empty={t`No bots.`}>
        {(bot) => <Row key={bot.id} room={room} bot={bot} />}
      </Rows>
    </Section>
  );
}

function Row({ room, bot }: { room: string; bot: Bot }) {
  const question = useQuestion();
  const now = useNow(30_000);
  const used = bot.last_used_at && ago(bot.last_used_at, now);
  const revoke = useDeed(room, ["bots", "audit"], () => revokeBot(room, bot.id));
  return (
    <li className={ROW} data-testid="bot-row">
      <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
        <bdi className="font-semibold">{bot.name}</bdi>
        <span className="block text-xs text-quiet">
          {question.asking ? (
            t`Whatever uses its token is cut off at once, and the token never works again.`
          ) : (
            <>
              {bot.scopes.join(", ")}. {used ? t`Last used ${used}` : t`Never used`}
            </>
          )}
        </span>
      </span>
      <span className="flex gap-2">
        <Question
          question={question}
          ask={t`Revoke`}
          yes={t`Revoke it`}
          busy={revoke.isPending}
          testIds={["bot-revoke", "bot-revoke-confirm", "bot-revoke-cancel"]}
          onYes={() => revoke.mutate(undefined)}
        />
      </span>
      <div className="basis-full empty:hidden">
        <FormError>{revoke.error ? sentence(revoke.error) : null}</FormError>
      </div>
    </li>
  );
}
