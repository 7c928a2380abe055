/** The hold queue. "a" lets the message with the focus through, "d" keeps it out; then the next one has the focus. */

import { t } from "@lingui/core/macro";
import { useRef } from "react";
import { approve, deny, holds } from "../../api/chat";
import { sentence } from "../../api/problem";
import type { HeldFrame } from "../../chat/frames";
import { HOLD_WORDS } from "../../chat/held-bar";
import { Name, nameOf } from "../../chat/text";
import { say } from "../../language/say";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

export function Holds({ room }: { room: string }) {
  const list = usePart(room, "holds", (signal) => holds(room, signal));
  const box = useRef<HTMLDivElement>(null);
  const decide = useDeed(room, ["holds", "audit"], ({ hold, pass }: { hold: string; pass: boolean }) =>
    (pass ? approve : deny)(room, hold),
  );
  const now = useNow(30_000);
  const take = (hold: HeldFrame, pass: boolean) => {
    const rows = [...(box.current?.querySelectorAll<HTMLElement>("[data-hold]") ?? [])];
    const at = rows.findIndex((row) => row.dataset.hold === hold.hold_id);
    (rows[at + 1] ?? rows[at - 1] ?? box.current)?.focus();
    decide.mutate({ hold: hold.hold_id, pass });
  };
  const gone = decide.isPending ? decide.variables.hold : null;
  return (
    <div ref={box} tabIndex={-1} className="outline-none">
      <Section
        title={t`Held messages`}
        testId="desk-holds"
        about={t`Only their authors and you see them. With one focused, A lets it through and D keeps it out.`}
      >
        <FormError>{decide.error ? sentence(decide.error) : null}</FormError>
        <Rows query={list} empty={t`Nothing waits.`}>
          {(hold) => (
            <li
              key={hold.hold_id}
              data-hold={hold.hold_id}
              data-testid="desk-hold"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: keys decide about the row with the focus
              tabIndex={0}
              onKeyDown={(event) => {
                const key = event.key.toLowerCase();
                if (event.ctrlKey || event.metaKey || event.altKey || (key !== "a" && key !== "d")) return;
                event.preventDefault();
                take(hold, key === "a");
              }}
              className={`${ROW} focus-visible:outline-offset-[-2px] ${gone === hold.hold_id ? "opacity-50" : ""}`}
            >
              <div className="min-w-0 flex-1 basis-64 wrap-anywhere">
                {hold.user && <Name user={hold.user} />}
                <span className="text-quiet">: </span>
                <bdi>{hold.text}</bdi>
                {hold.image?.url.startsWith("/api/") && (
                  <img
                    src={hold.image.url}
                    alt={hold.user ? t`Shared by ${nameOf(hold.user)}` : t`Shared by somebody`}
                    className="mt-1 block max-h-32 max-w-full rounded-sm border object-contain"
                  />
                )}
                <p className="pt-0.5 text-xs text-quiet">
                  {t`Held for ${whyOf(hold)}`}
                  {hold.matched ? ` (${hold.matched})` : ""}
                  {hold.at ? `, ${ago(hold.at, now)}` : ""}
                </p>
              </div>
              <span className="flex gap-2">
                <Button weight="primary" data-testid="desk-approve" onClick={() => take(hold, true)}>
                  {t`Let through`}
                </Button>
                <Button data-testid="desk-deny" onClick={() => take(hold, false)}>
                  {t`Keep out`}
                </Button>
              </span>
            </li>
          )}
        </Rows>
      </Section>
    </div>
  );
}

const whyOf = ({ reason }: HeldFrame): string => (reason ? (say(HOLD_WORDS[reason]) ?? reason) : t`a rule`);
