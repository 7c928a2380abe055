/** The account's second factors: an authenticator app, passkeys, and the recovery codes that come with the first of them. */
import { plural, t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sentence } from "../../api/problem";
import {
  addPasskey,
  beginApp,
  type NewApp,
  newRecoveryCodes,
  passkeyOptions,
  passkeys,
  removeApp,
  removePasskey,
  secondFactor,
} from "../../api/second-factor";
import { makePasskey, passkeysWork } from "../../auth/passkey";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { useQuestion } from "../../ui/use-question";
import { ROW, Rows, Section } from "../moderation/section";
import { AddApp } from "./add-app";
import { lossWords } from "./loss-words";
import { PasskeyRow } from "./passkey-rows";
import { ProofForm } from "./proof-form";
import { RecoveryCodes } from "./recovery-codes";
import { useProof } from "./use-proof";

const STATE = ["own", "second-factor"];
const PASSKEYS = ["own", "passkeys"];

export function SecondFactorSection() {
  const client = useQueryClient();
  const state = useQuery({ queryKey: STATE, queryFn: ({ signal }) => secondFactor(signal), staleTime: 0 });
  const list = useQuery({ queryKey: PASSKEYS, queryFn: ({ signal }) => passkeys(signal), staleTime: 0 });
  const [app, setApp] = useState<NewApp | null>(null);
  const [codes, setCodes] = useState<string[]>([]);
  const [removing, setRemoving] = useState(false);
  const renewal = useQuestion();
  const proof = useProof();
  const now = useNow(30_000);
  const changed = () => {
    setRemoving(false);
    void client.invalidateQueries({ queryKey: STATE });
    void client.invalidateQueries({ queryKey: PASSKEYS });
  };

  const deed = useMutation({
    mutationFn: async (wanted: Deed) => {
      await proof.run(async () => {
        await doIt(wanted);
        changed();
      });
    },
  });
  const doIt = async (wanted: Deed) => {
    switch (wanted.what) {
      case "begin-app":
        setApp(await beginApp());
        break;
      case "remove-app":
        await removeApp();
        break;
      case "codes":
        setCodes((await newRecoveryCodes()).recovery_codes);
        renewal.close();
        break;
      case "add-passkey": {
        const credential = await makePasskey((await passkeyOptions()).options);
        setCodes((await addPasskey(nameOf(list.data?.items.length ?? 0), credential)).recovery_codes);
        break;
      }
      case "remove-passkey":
        await removePasskey(wanted.id);
        break;
    }
  };
  const busy = (what: Deed["what"]) => deed.isPending && deed.variables.what === what;
  const has = state.data;
  return (
    <Section
      title={t`Second factor`}
      testId="account-second-factor"
      about={t`With one, your password alone signs nobody in. A passkey also signs you in without a password.`}
    >
      <div className="flex flex-col gap-4 px-4 empty:hidden sm:px-5">
        {(deed.error ?? state.error) && (
          <div className="pb-4">
            <FormError>{sentence(deed.error ?? state.error)}</FormError>
          </div>
        )}
      </div>
      <ul className="divide-y border-t">
        <li className={ROW} data-testid="app-row" data-on={has ? String(Boolean(has.totp_since)) : undefined}>
          <span className="min-w-0 flex-1 basis-44">
            <span className="font-semibold">{t`Authenticator app`}</span>
            <span className="block text-xs text-quiet">
              {!has?.totp_since
                ? t`A new code on your phone every 30 seconds.`
                : removing
                  ? lossWords(has.passkeys === 0)
                  : t`Added ${ago(has.totp_since, now)}.`}
            </span>
          </span>
          {has && !has.totp_since && (
            <Button
              busy={busy("begin-app")}
              data-testid="app-add"
              onClick={() => deed.mutate({ what: "begin-app" })}
            >
              {t`Add an app`}
            </Button>
          )}
          {has?.totp_since && !removing && (
            <Button data-testid="app-remove" onClick={() => setRemoving(true)}>
              {t`Remove`}
            </Button>
          )}
          {has?.totp_since && removing && (
            <>
              <Button
                weight="danger"
                busy={busy("remove-app")}
                data-testid="app-remove-confirm"
                onClick={() => deed.mutate({ what: "remove-app" })}
              >
                {t`Remove it`}
              </Button>
              <Button onClick={() => setRemoving(false)}>{t`Keep it`}</Button>
            </>
          )}
        </li>
        <li className={ROW}>
          <span className="min-w-0 flex-1 basis-44">
            <span className="font-semibold">{t`Passkeys`}</span>
            <span className="block text-xs text-quiet">
              {passkeysWork()
                ? t`Kept by your device, your password manager or a security key.`
                : t`This browser cannot use passkeys on this page.`}
            </span>
          </span>
          {passkeysWork() && (
            <Button
              busy={busy("add-passkey")}
              data-testid="passkey-add"
              onClick={() => deed.mutate({ what: "add-passkey" })}
            >
              {t`Add a passkey`}
            </Button>
          )}
        </li>
      </ul>
      {(list.data?.items.length ?? 1) > 0 && (
        <Rows query={list} empty="">
          {(passkey) => (
            <PasskeyRow
              key={passkey.id}
              passkey={passkey}
              last={has !== undefined && !has.totp_since && has.passkeys === 1}
              busy={busy("remove-passkey")}
              changed={changed}
              remove={() => deed.mutate({ what: "remove-passkey", id: passkey.id })}
            />
          )}
        </Rows>
      )}
      {has?.on && (
        <ul className="border-t">
          <li className={ROW} data-testid="recovery-row" data-left={has.recovery_codes_left}>
            <span className="min-w-0 flex-1 basis-44">
              <span className="font-semibold">{t`Recovery codes`}</span>
              <span className="block text-xs text-quiet">
                {renewal.asking
                  ? t`The codes that you have now end as soon as there are new ones.`
                  : has.recovery_codes_left === 0
                    ? t`None is left. Make new ones.`
                    : plural(has.recovery_codes_left, {
                        one: "# left, for when all else is lost.",
                        other: "# left, for when all else is lost.",
                      })}
              </span>
            </span>
            {renewal.asking ? (
              <>
                <Button
                  ref={renewal.answer}
                  weight="danger"
                  busy={busy("codes")}
                  data-testid="recovery-renew-confirm"
                  onClick={() => deed.mutate({ what: "codes" })}
                >
                  {t`Replace them`}
                </Button>
                <Button ref={renewal.cancel} data-testid="recovery-renew-cancel" onClick={renewal.close}>
                  {t`Keep them`}
                </Button>
              </>
            ) : (
              <Button
                ref={renewal.opener}
                busy={busy("codes")}
                data-testid="recovery-renew"
                onClick={() => (has.recovery_codes_left > 0 ? renewal.ask() : deed.mutate({ what: "codes" }))}
              >
                {t`Make new ones`}
              </Button>
            )}
          </li>
        </ul>
      )}
      {app && (
        <AddApp
          app={app}
          close={() => setApp(null)}
          added={(made) => {
            setApp(null);
            setCodes(made);
            changed();
          }}
        />
      )}
      {codes.length > 0 && <RecoveryCodes codes={codes} close={() => setCodes([])} />}
      <ProofForm proof={proof} done={() => {}} />
    </Section>
  );
}

type Deed =
  | { what: "begin-app" | "remove-app" | "codes" | "add-passkey" }
  | { what: "remove-passkey"; id: string };

/** What a new passkey is called until it is renamed. */
const nameOf = (others: number) => (others === 0 ? t`My passkey` : t`Passkey ${others + 1}`);
