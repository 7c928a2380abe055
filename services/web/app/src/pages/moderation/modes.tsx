/** The chat's modes: the shield on top, then each by itself. A change counts at once. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { type ReactNode, useId } from "react";
import { features } from "../../api/calls";
import { changeSettings, type Settings, settings } from "../../api/chat";
import { sentence } from "../../api/problem";
import type { LinkRule } from "../../chat/frames";
import { longSpan } from "../../chat/spans";
import { say } from "../../language/say";
import { FormError, inputLook } from "../../ui/field";
import { Switch } from "../../ui/switch";
import { NotYet, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

const SLOW = [0, 5, 10, 30, 60, 120, 300, 900, 3_600, 7_200];
const FOLLOWERS = [0, 10, 60, 1_440, 10_080, 43_200];
const LINKS: Array<[LinkRule, MessageDescriptor]> = [
  ["allow", msg`Allowed`],
  ["hold", msg`Held for you`],
  ["refuse", msg`Refused`],
];

/** The list with the present value in it, should it be another. */
const withOwn = (list: number[], own: number) =>
  list.includes(own) ? list : [...list, own].sort((a, b) => a - b);

export function Modes({ room }: { room: string }) {
  const query = usePart(room, "settings", (signal) => settings(room, signal));
  const { data } = query;
  const change = useDeed(room, ["settings", "audit"], (part: Partial<Settings>) =>
    changeSettings(room, part),
  );
  const { data: has } = useQuery({ queryKey: ["features"], queryFn: ({ signal }) => features(signal) });
  const flags = FLAGS.filter(([key]) => key !== "verified_only" || has?.includes("email_verification"));
  // What was asked for is shown until the server's word comes.
  const now = data && { ...data, ...(change.isPending ? change.variables : {}) };
  return (
    <Section title={t`Modes`} testId="desk-modes" about={t`You, moderators and VIPs are exempt.`}>
      <FormError>{change.error ? sentence(change.error) : null}</FormError>
      {now ? (
        <div className="divide-y border-t">
          <Row
            name={t`Shield`}
            about={t`Switches the strict modes on together, and back to what was before.`}
            icon={<ShieldCheck aria-hidden className={`size-5 ${now.shield ? "text-good" : "text-quiet"}`} />}
          >
            {(id) => (
              <Switch
                labelledBy={id}
                checked={now.shield}
                testId="mode-shield"
                onChange={(shield) => change.mutate({ shield })}
              />
            )}
          </Row>
          <Row name={t`Slow mode`} about={t`Between two messages of one person.`}>
            {(id) => (
              <select
                aria-labelledby={id}
                data-testid="mode-slow"
                className={`${inputLook} !w-44`}
                value={now.slow_s}
                onChange={(e) => change.mutate({ slow_s: Number(e.target.value) })}
              >
                {withOwn(SLOW, now.slow_s).map((s) => (
                  <option key={s} value={s}>
                    {s === 0 ? t`Off` : longSpan(s)}
                  </option>
                ))}
              </select>
            )}
          </Row>
          <Row name={t`Followers only`} about={t`How long one must have followed.`}>
            {(id) => (
              <select
                aria-labelledby={id}
                data-testid="mode-followers"
                className={`${inputLook} !w-44`}
                value={now.followers_only_min ?? "off"}
                onChange={(e) =>
                  change.mutate({
                    followers_only_min: e.target.value === "off" ? null : Number(e.target.value),
                  })
                }
              >
                <option value="off">{t`Off`}</option>
                {withOwn(FOLLOWERS, now.followers_only_min ?? 0).map((m) => (
                  <option key={m} value={m}>
                    {m === 0 ? t`Any follower` : longSpan(m * 60)}
                  </option>
                ))}
              </select>
            )}
          </Row>
          <Row name={t`Links`} about={t`Of people without a role here.`}>
            {(id) => (
              <select
                aria-labelledby={id}
                data-testid="mode-links"
                className={`${inputLook} !w-44`}
                value={now.links}
                onChange={(e) => change.mutate({ links: e.target.value as LinkRule })}
              >
                {LINKS.map(([value, words]) => (
                  <option key={value} value={value}>
                    {say(words)}
                  </option>
                ))}
              </select>
            )}
          </Row>
          {flags.map(([key, name, about]) => (
            <Row key={key} name={say(name)} about={say(about)}>
              {(id) => (
                <Switch
                  labelledBy={id}
                  checked={now[key]}
                  testId={`mode-${key}`}
                  onChange={(on) => change.mutate({ [key]: on })}
                />
              )}
            </Row>
          ))}
        </div>
      ) : (
        <NotYet query={query} rows={8} />
      )}
    </Section>
  );
}

const FLAGS: Array<
  ["verified_only" | "emote_only" | "unique" | "images", MessageDescriptor, MessageDescriptor]
> = [
  ["verified_only", msg`Confirmed e-mail only`, msg`Only people whose address is confirmed write.`],
  ["emote_only", msg`Emotes only`, msg`No words.`],
  ["unique", msg`No repeats`, msg`Nobody says what was just said.`],
  ["images", msg`Images`, msg`People may share images; those of new people are held.`],
];

export function Row({
  name,
  about,
  icon,
  children,
}: {
  name: string;
  about: string;
  icon?: ReactNode;
  children: (labelId: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2.5 sm:px-5">
      {icon}
      <div className="min-w-0 flex-1 basis-40">
        <p id={id} className="text-sm font-medium">
          {name}
        </p>
        <p className="text-xs text-quiet">{about}</p>
      </div>
      {children(id)}
    </div>
  );
}
