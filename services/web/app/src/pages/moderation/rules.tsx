/** What becomes of suspicious messages, rule by rule. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { changeSettings, RULES, type RuleChoice, type Rules as RuleSet, settings } from "../../api/chat";
import { sentence } from "../../api/problem";
import { say } from "../../language/say";
import { FormError, inputLook } from "../../ui/field";
import { Row } from "./modes";
import { NotYet, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

const WORDS: Record<keyof RuleSet, [name: MessageDescriptor, about: MessageDescriptor]> = {
  terms: [msg`Blocked terms`, msg`Messages with one of the terms below.`],
  new_user_links: [
    msg`Links of new people`,
    msg`Of those who write here for the first time, or whose account is younger than a day.`,
  ],
  flood: [msg`Floods`, msg`Many messages at once.`],
  caps: [msg`Capitals`, msg`Mostly capital letters.`],
  repeats: [msg`Repeats`, msg`The same again and again.`],
};
const CHOICES: Array<[RuleChoice, MessageDescriptor]> = [
  ["allow", msg`Let through`],
  ["hold", msg`Hold for you`],
  ["refuse", msg`Refuse`],
];

export function Rules({ room }: { room: string }) {
  const query = usePart(room, "settings", (signal) => settings(room, signal));
  const { data } = query;
  const change = useDeed(room, ["settings", "audit"], (rules: Partial<RuleSet>) =>
    changeSettings(room, { rules }),
  );
  const rules = { ...data?.rules, ...(change.isPending ? change.variables : {}) };
  const shown = data ? RULES : [];
  return (
    <Section title={t`Suspicious messages`} about={t`What is held waits in the queue; its author is told.`}>
      <FormError>{change.error ? sentence(change.error) : null}</FormError>
      <NotYet query={query} rows={RULES.length} />
      <div className="divide-y border-t empty:hidden">
        {shown.map((rule) => (
          <Row key={rule} name={say(WORDS[rule][0])} about={say(WORDS[rule][1])}>
            {(id) => (
              <select
                aria-labelledby={id}
                data-testid={`rule-${rule}`}
                className={`${inputLook} !w-44`}
                value={rules[rule] ?? "hold"}
                onChange={(e) => change.mutate({ [rule]: e.target.value as RuleChoice })}
              >
                {CHOICES.map(([value, words]) => (
                  <option key={value} value={value}>
                    {say(words)}
                  </option>
                ))}
              </select>
            )}
          </Row>
        ))}
      </div>
    </Section>
  );
}
