/** What becomes of suspicious messages, rule by rule. */
import { changeSettings, RULES, type RuleChoice, type Rules as RuleSet, settings } from "../../api/chat";
import { sentence } from "../../api/problem";
import { FormError, inputLook } from "../../ui/field";
import { Row } from "./modes";
import { Section } from "./section";
import { useDeed, usePart } from "./use-desk";

const WORDS: Record<keyof RuleSet, [name: string, about: string]> = {
  terms: ["Blocked terms", "Messages with one of the terms below."],
  new_user_links: [
    "Links of new people",
    "Of those who write here for the first time, or whose account is younger than a day.",
  ],
  flood: ["Floods", "Many messages at once."],
  caps: ["Capitals", "Mostly capital letters."],
  repeats: ["Repeats", "The same again and again."],
};
const CHOICES: Array<[RuleChoice, string]> = [
  ["allow", "Let through"],
  ["hold", "Hold for you"],
  ["refuse", "Refuse"],
];

export function Rules({ room }: { room: string }) {
  const { data } = usePart(room, "settings", (signal) => settings(room, signal));
  const change = useDeed(room, ["settings", "audit"], (rules: Partial<RuleSet>) =>
    changeSettings(room, { rules }),
  );
  const rules = { ...data?.rules, ...(change.isPending ? change.variables : {}) };
  return (
    <Section title="Suspicious messages" about="What is held waits in the queue; its author is told.">
      <FormError>{change.error ? sentence(change.error) : null}</FormError>
      <div className="divide-y border-t">
        {RULES.map((rule) => (
          <Row key={rule} name={WORDS[rule][0]} about={WORDS[rule][1]}>
            {(id) => (
              <select
                aria-labelledby={id}
                data-testid={`rule-${rule}`}
                disabled={!data}
                className={`${inputLook} !w-44`}
                value={rules[rule] ?? "hold"}
                onChange={(e) => change.mutate({ [rule]: e.target.value as RuleChoice })}
              >
                {CHOICES.map(([value, words]) => (
                  <option key={value} value={value}>
                    {words}
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
